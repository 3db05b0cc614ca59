// What binds how strongly, and which builtins read a predicate.

export const unaryPrecedence: Readonly<Record<string, number>> = { not: 50, '!': 50, '-': 90, '+': 90 }
export const binaryPrecedence = new Map<string, number>([
  ['|', 0],
  ['or', 10],
  ['||', 10],
  ['and', 15],
  ['&&', 15],
  ['==', 20],
  ['!=', 20],
  ['<', 20],
  ['>', 20],
  ['>=', 20],
  ['<=', 20],
  ['in', 20],
  ['matches', 20],
  ['contains', 20],
  ['startsWith', 20],
  ['endsWith', 20],
  ['..', 25],
  ['+', 30],
  ['-', 30],
  ['*', 60],
  ['/', 60],
  ['%', 60],
  ['**', 100],
  ['^', 100],
  ['??', 500],
])
export const comparisons = new Set(['<', '>', '>=', '<='])
export const negatable = new Set(['in', 'matches', 'contains', 'startsWith', 'endsWith'])

export type Argument = 'expression' | 'predicate' | 'expression?' | 'predicate?'
/** Builtins that loop: their second argument is read with `#` for the element. */
export const looping: ReadonlyMap<string, readonly Argument[]> = new Map<string, readonly Argument[]>([
  ...['all', 'none', 'any', 'one', 'filter', 'map', 'find', 'findIndex', 'findLast', 'findLastIndex', 'groupBy'].map(
    (name) => [name, ['expression', 'predicate']] as const satisfies readonly [string, readonly Argument[]],
  ),
  ['count', ['expression', 'predicate?']],
  ['sum', ['expression', 'predicate?']],
  ['sortBy', ['expression', 'predicate', 'expression?']],
  ['reduce', ['expression', 'predicate', 'expression?']],
])
