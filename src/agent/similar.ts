/** At most so many suggestions, and none that differs in more than this share of its letters. */
const most = 4;
const tolerance = 0.4;

/** Of the names on offer, those that a person may have meant, nearest first. */
export function similar(wanted: string, offered: readonly string[]): string[] {
  return [...new Set(offered)]
    .map((name) => ({ name, distance: distance(wanted, name) }))
    .filter(({ name, distance: d }) => d > 0 && d <= Math.max(wanted.length, name.length) * tolerance)
    .toSorted((a, b) => a.distance - b.distance || a.name.localeCompare(b.name))
    .slice(0, most)
    .map(({ name }) => name);
}

/** How many letters must be added, taken away or changed (Levenshtein). */
function distance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = (above[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, (above[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    above = current;
  }
  return above[b.length] ?? 0;
}
