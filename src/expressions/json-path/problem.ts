// What can be wrong with a JSONPath or its target, in the library's words.

export class JsonPathProblem extends Error {
  /** Whether a wrapping error passes it on as it is. */
  readonly about: 'expression' | 'token' | 'other'
  constructor(about: 'expression' | 'token' | 'other', message: string) {
    super(message)
    this.about = about
  }
}

export const inExpression = (text: string): JsonPathProblem =>
  new JsonPathProblem('expression', `invalid expression. ${text}`)
export const badFormat = (token: string): JsonPathProblem =>
  new JsonPathProblem('token', `invalid token. '${token}' does not match any token format`)
export const unexpected = (char: string, index: number): JsonPathProblem =>
  new JsonPathProblem('other', `unexpected token '${char}' at index ${index}`)
export const outOfRange = (type: string): JsonPathProblem =>
  new JsonPathProblem('token', `${type}: invalid token out of range`)
export const badTarget = (type: string, expected: string, got: string): JsonPathProblem =>
  new JsonPathProblem('token', `${type}: invalid token target. expected [${expected}] got [${got}]`)
export const badArgument = (type: string, expected: string, got: string): JsonPathProblem =>
  new JsonPathProblem('token', `${type}: invalid token argument. expected [${expected}] got [${got}]`)
export const badResult = (expected: string, got: string): JsonPathProblem =>
  new JsonPathProblem('other', `unexpected expression result. expected [${expected}] got [${got}]`)

/** A failure inside an expression, said once. */
export const asExpressionProblem = (cause: JsonPathProblem): JsonPathProblem =>
  cause.about === 'expression' ? cause : inExpression(cause.message)
/** A failure of an argument of a token. */
export const asTokenProblem = (type: string, cause: JsonPathProblem): JsonPathProblem =>
  cause.about === 'token' ? cause : new JsonPathProblem('token', `${type}: invalid token ${cause.message}`)
