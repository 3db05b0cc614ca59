/** `value` is JSON text, so that integers keep their digits. */
export type EvalAnswer = { readonly value: string; readonly type?: string } | { readonly error: string }

export const answer = (value: unknown, type?: string): EvalAnswer => ({ value: JSON.stringify(value), type })
