/** `$(NAME)` in commands, arguments and values of environment variables, as Kubernetes expands it. */

/** Unknown names stay as they are; `$$` is one dollar and keeps what follows from being expanded. */
export function expand(text: string, valueOf: (name: string) => string | undefined): string {
  if (!text.includes('$')) return text
  return text.replace(/\$\$|\$\(([^()]*)\)/g, (whole, name: string | undefined) => {
    if (whole === '$$') return '$'
    return name === undefined ? whole : (valueOf(name) ?? whole)
  })
}
