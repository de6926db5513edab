/**
 * What a text from the other side may hold. NUL and lone surrogates do not survive in a database; control characters and
 * the marks that turn the direction of writing make one text look like another.
 */
const UNSOUND = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** The text without what is unsound, cut to `most` UTF-16 units, and never in the middle of a character. */
export function soundText(text: string, most: number): string {
  // Cut first: what is cut off need not be looked at, and it may be megabytes.
  const kept = text
    .slice(0, 2 * most)
    .toWellFormed()
    .replace(UNSOUND, "");
  return kept.length <= most
    ? kept
    : kept
        .slice(0, most)
        .toWellFormed()
        .replace(/\ufffd$/, "");
}
