/** A watch, as far as it is measured. */
interface MeasuredWatch {
  readonly bufferedBytes: number;
  readonly bufferedResponses: number;
  readonly lag: bigint;
}

interface Sized {
  readonly size: number;
}

/** The watches of one stream, by where they are. */
interface MeasuredPlaces extends Iterable<MeasuredWatch> {
  readonly resuming: Sized;
  readonly substreams: Sized;
  readonly parked: Sized;
}

/** How the watches of a client are doing at this moment: found out by walking them, so that nothing is kept for it while nobody asks. */
export class WatchGauges {
  streams = 0;
  resuming = 0;
  watching = 0;
  parked = 0;
  bufferedBytes = 0;
  bufferedResponses = 0;
  greatestLag = 0n;

  addStream(isOpen: boolean, places: MeasuredPlaces): void {
    if (isOpen) this.streams++;
    this.resuming += places.resuming.size;
    this.watching += places.substreams.size;
    this.parked += places.parked.size;
    for (const { bufferedBytes, bufferedResponses, lag } of places) {
      this.bufferedBytes += bufferedBytes;
      this.bufferedResponses += bufferedResponses;
      if (lag > this.greatestLag) this.greatestLag = lag;
    }
  }
}
