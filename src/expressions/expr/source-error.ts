// Errors of an expression, with the place in its source as expr-lang prints it.

export class ExpressionError extends Error {
  /** Offset in code points. */
  readonly at: number
  constructor(message: string, at: number) {
    super(message)
    this.at = at
  }
}

/** `message (line:column)` and the line with a marker under the place; the bare message where there is no line to show. */
export function describeError(message: string, at: number, source: string): string {
  let line = 1
  let column = 0
  let lineStart = 0
  let index = 0
  let count = 0
  for (const char of source) {
    if (count === at) break
    index += char.length
    if (char === '\n') {
      lineStart = index
      line++
      column = 0
    } else column++
    count++
  }
  const end = source.indexOf('\n', lineStart)
  const text = source.slice(lineStart, end < 0 ? source.length : end)
  if (text === '') return message
  return `${message} (${line}:${column + 1})\n | ${text.replaceAll('\t', ' ')}\n | ${'.'.repeat(column)}^`
}
