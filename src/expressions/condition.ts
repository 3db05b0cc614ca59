/** What a condition comes to: true, false, or the whole message with which Argo refuses it. */
export type Condition = { readonly ok: true; readonly value: boolean } | { readonly ok: false; readonly error: string }

export const held = (value: boolean): Condition => ({ ok: true, value })
export const refused = (error: string): Condition => ({ ok: false, error })
