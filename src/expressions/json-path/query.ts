export function queryJsonPath(_d: unknown, _p: string): { readonly value: unknown } | { readonly error: string } {
  return { value: null }
}
