/** An answer or the text of an error that becomes a node's message. */
export type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: string }

export const good = <T>(value: T): Outcome<T> => ({ ok: true, value })
export const bad = (error: string): { readonly ok: false; readonly error: string } => ({ ok: false, error })
