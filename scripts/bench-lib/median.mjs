/** The middle of a list of numbers; NaN for an empty one. @param {readonly number[]} list */
export function median(list) {
  return [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)] ?? NaN;
}
