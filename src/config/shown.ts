/** What somebody wrote, as it is shown in a message about it. */

/** Characters of it that are shown: enough to find it, and a huge value does not hide the message. */
const SHOWN_CHARACTERS_MAX = 100;

/** `value` as JSON on one line, cut where it is long. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= SHOWN_CHARACTERS_MAX ? text : `${text.slice(0, SHOWN_CHARACTERS_MAX)}...`;
}
