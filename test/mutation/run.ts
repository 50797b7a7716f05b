import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { seededRandom } from "../../src/mock-server/seeded-random.ts";
import { CHOSEN_FAULTS } from "./chosen-faults.ts";
import { apply, type Mutant, mutantsOf } from "./mutants.ts";
import { type Outcome, Workshop } from "./workshop.ts";

/*
 * Breaks the client on purpose, one fault at a time, and says which test notices. A fault that none notices is a hole in the tests.
 *
 *   npm run mutate                                   the faults chosen by hand
 *   npm run mutate -- --by reader                    those that a fresh reader chose; or the author
 *   npm run mutate -- --random 40 --seed 1           40 faults made by machine, in src/watch
 *   npm run mutate -- --random 40 --folder transport the same in src/transport; or codec
 *   npm run mutate -- --only NAME --only NAME        those whose name or place has one of these texts
 */
const { values } = parseArgs({
  options: {
    random: { type: "string" },
    seed: { type: "string", default: "1" },
    folder: { type: "string", default: "watch" },
    only: { type: "string", multiple: true },
    by: { type: "string" },
  },
});
const repository = new URL("../..", import.meta.url).pathname;

interface Fault {
  readonly name: string;
  readonly file: string;
  readonly change: (text: string) => string;
  /** The test files to run. */
  readonly tests: readonly string[];
}

/** Which tests are about a folder. The tokens of src/transport are tested with a whole client. */
const TESTS_OF: Readonly<Record<string, readonly string[]>> = {
  watch: ["test/unit/watch"],
  transport: [
    "test/unit/transport",
    "test/unit/client/auth.test.ts",
    "test/unit/client/auth-tokens.test.ts",
    "test/unit/client/tls.test.ts",
  ],
  codec: ["test/unit/codec"],
};

function chosenFaults(): Fault[] {
  return CHOSEN_FAULTS.filter(({ by }) => values.by === undefined || by === values.by).map(({ name, file, find, replace, tests }) => ({
    name,
    file,
    tests,
    change: (text) => {
      if (text.split(find).length !== 2) throw new Error(`${name}: ${file} does not have this text once: ${find}`);
      return text.replace(find, () => replace);
    },
  }));
}

async function randomFaults(count: number): Promise<Fault[]> {
  const tests = TESTS_OF[values.folder];
  if (tests === undefined) throw new Error(`--folder must be one of ${Object.keys(TESTS_OF).join(", ")}, got ${values.folder}`);
  const folder = join("src", values.folder);
  const files = (await readdir(join(repository, folder))).filter((name) => name.endsWith(".ts"));
  const all: Mutant[] = [];
  for (const name of files) all.push(...mutantsOf(join(folder, name), await readFile(join(repository, folder, name), "utf8")));
  const random = seededRandom(Number(values.seed));
  const faults: Fault[] = [];
  while (faults.length < count && all.length > 0) {
    const [mutant] = all.splice(Math.floor(random() * all.length), 1);
    if (mutant === undefined) break;
    const { file, line, what } = mutant;
    faults.push({ name: `${file}:${String(line)} ${what}`, file, change: (text) => apply(mutant, text), tests });
  }
  return faults;
}

function sentence(outcome: Outcome): string {
  if (outcome.kind === "noticed") return `noticed by ${outcome.by}`;
  return outcome.kind === "hung" ? "noticed: the tests hang" : "SURVIVED";
}

const faults = (values.random === undefined ? chosenFaults() : await randomFaults(Number(values.random))).filter(
  ({ name, file }) => values.only === undefined || values.only.some((text) => name.includes(text) || file.includes(text)),
);
await using workshop = await Workshop.open(repository);
const sound = await workshop.testSound([...new Set(faults.flatMap(({ tests }) => tests))]);
if (sound.kind !== "survived") throw new Error(`The tests fail without any fault: ${sentence(sound)}`);
let survived = 0;
for (const [index, { name, file, change, tests }] of faults.entries()) {
  const text = change(await workshop.read(file));
  const nearest = file.replace(/^src\//, "test/unit/").replace(/\.ts$/, ".test.ts");
  const isTested = workshop.has(nearest) && tests.every((test) => test !== nearest);
  let outcome: Outcome = isTested ? await workshop.tryWith(file, text, [nearest]) : { kind: "survived" };
  if (outcome.kind === "survived") outcome = await workshop.tryWith(file, text, tests);
  if (outcome.kind === "survived") survived++;
  console.log(`${String(index + 1)}/${String(faults.length)} ${name}\n    ${sentence(outcome)}`);
}
console.log(`${String(faults.length)} faults, ${String(faults.length - survived)} noticed, ${String(survived)} survived`);
process.exitCode = survived === 0 ? 0 : 1;
