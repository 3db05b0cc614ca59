/** Values as the text of a jsonb parameter: without what Postgres cannot hold in one. */
export function jsonParameter(value: unknown, { isAscii = false }: { readonly isAscii?: boolean } = {}): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner !== 'string') return inner
    const text = inner.replaceAll('\0', '�').toWellFormed()
    return isAscii ? text.replaceAll(/[^\x20-\x7e\n\t]/gu, '?') : text
  })
}
