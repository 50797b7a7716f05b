export interface Line {
  readonly name: string;
  /** One for each place on the horizontal axis; NaN where there is none. */
  readonly values: readonly number[];
}

const WIDTH = 860;
const HEIGHT = 440;
const LEFT = 70;
const RIGHT = 190;
const TOP = 50;
const BOTTOM = 50;
const COLOURS = ["#c0392b", "#2471a3", "#1e8449", "#b9770e", "#7d3c98", "#566573", "#17a589", "#a04000"];

/** Lines over named places, with a logarithmic vertical axis, as SVG. Light and dark pages both show it on white. */
export function linePlot({ title, places, lines }: { title: string; places: readonly string[]; lines: readonly Line[] }): string {
  const all = lines.flatMap(({ values }) => values.filter((value) => Number.isFinite(value) && value > 0));
  const low = 10 ** Math.floor(Math.log10(Math.min(...all)));
  const high = 10 ** Math.ceil(Math.log10(Math.max(...all)));
  const x = (place: number): number => LEFT + (place * (WIDTH - LEFT - RIGHT)) / Math.max(1, places.length - 1);
  const y = (value: number): number => HEIGHT - BOTTOM - (Math.log(value / low) / Math.log(high / low)) * (HEIGHT - TOP - BOTTOM);
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    `<text x="${LEFT}" y="24" font-size="15">${escape(title)}</text>`,
  ];
  for (let decade = low; decade <= high; decade *= 10) {
    parts.push(`<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(decade).toFixed(1)}" y2="${y(decade).toFixed(1)}" stroke="#ddd"/>`);
    parts.push(`<text x="${LEFT - 8}" y="${(y(decade) + 4).toFixed(1)}" text-anchor="end">${axisText(decade)}</text>`);
  }
  for (const [place, name] of places.entries())
    parts.push(`<text x="${x(place).toFixed(1)}" y="${HEIGHT - BOTTOM + 20}" text-anchor="middle">${escape(name)}</text>`);
  const labels = lines.map(({ values }, index) => ({ index, y: y(values.findLast(Number.isFinite) ?? low) }));
  labels.sort((a, b) => a.y - b.y);
  for (const [order, label] of labels.entries()) label.y = Math.max(label.y, (labels[order - 1]?.y ?? 0) + 14);
  for (const [index, { name, values }] of lines.entries()) {
    const colour = COLOURS[index % COLOURS.length] ?? "#000";
    const points = values.flatMap((value, place) => (Number.isFinite(value) ? [`${x(place).toFixed(1)},${y(value).toFixed(1)}`] : []));
    const label = labels.find((each) => each.index === index);
    parts.push(`<polyline points="${points.join(" ")}" fill="none" stroke="${colour}" stroke-width="2"/>`);
    parts.push(
      ...points.map((point) => `<circle cx="${point.split(",")[0] ?? ""}" cy="${point.split(",")[1] ?? ""}" r="3" fill="${colour}"/>`),
    );
    parts.push(`<text x="${WIDTH - RIGHT + 10}" y="${((label?.y ?? 0) + 4).toFixed(1)}" fill="${colour}">${escape(name)}</text>`);
  }
  return `${[...parts, "</svg>"].join("\n")}\n`;
}

function axisText(value: number): string {
  return value >= 1e6 ? `${value / 1e6} M` : value >= 1e3 ? `${value / 1e3} k` : String(value);
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
