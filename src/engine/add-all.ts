/** Appends however many there are: as arguments of one call, more than some hundred thousand would not fit on the stack. */
export function addAll<T>(list: T[], more: Iterable<T>): void {
  for (const item of more) list.push(item)
}
