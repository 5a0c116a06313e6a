/** Finds a Go that is new enough, and says what it is for where there is none. */
import { ask, SetupError } from "./command.mjs";

/** Kubernetes asks for it. */
export const GO_NEEDED = { major: 1, minor: 25 };
const PLACES = ["go", "/usr/local/go/bin/go", "/usr/lib/go/bin/go"];

/** `a`, `a and b`, `a, b and c`. @param {readonly string[]} words */
export function sentence(words) {
  const last = words.at(-1) ?? "";
  return words.length < 2 ? last : `${words.slice(0, -1).join(", ")} and ${last}`;
}

/**
 * The `go` command.
 *
 * @param {readonly string[]} programs What it is to build.
 * @param {string | undefined} assets The folder that has the others.
 * @param {readonly string[]} [places]
 * @returns {Promise<string>}
 */
export async function findGo(programs, assets, places = PLACES) {
  const { major, minor } = GO_NEEDED;
  /** @type {string[]} */
  const old = [];
  for (const go of places) {
    const version = (await ask(go, ["env", "GOVERSION"]))?.trim();
    const [, foundMajor = 0, foundMinor = 0] = (version ?? "").match(/^go(\d+)\.(\d+)/) ?? [];
    const isNew = Number(foundMajor) > major || Number(foundMinor) >= minor;
    if (version && isNew) return go;
    if (version) old.push(`${go} is ${version}`);
  }
  const found = old.length > 0 ? ` (${old.join(", ")})` : "";
  const names = sentence(programs);
  throw new SetupError(
    `Building ${names} takes Go ${major}.${minor} or later${found}: install it, or ` +
      (assets === undefined
        ? `let KUBEBUILDER_ASSETS name a folder with ${names}.`
        : `have ${names} in ${assets}, which KUBEBUILDER_ASSETS names.`),
  );
}
