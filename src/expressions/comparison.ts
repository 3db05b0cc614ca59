export type Comparison = '<' | '>' | '<=' | '>='

/** @param order of the left side against the right one: below, at or above zero; NaN compares as nothing does. */
export function holds(operator: Comparison, order: number): boolean {
  switch (operator) {
    case '<':
      return order < 0
    case '>':
      return order > 0
    case '<=':
      return order <= 0
    case '>=':
      return order >= 0
  }
}
