/** The words and signs of a label selector. */
export type LabelToken = { readonly kind: 'word' | 'sign' | 'end'; readonly text: string }

const signs: ReadonlySet<string> = new Set(['(', ')', ',', '!', '==', '=', '!=', '>', '<'])
const isSign = (char: string): boolean => '=!(),><'.includes(char)
const isBlank = (char: string): boolean => ' \t\r\n'.includes(char)

/** `in` and `notin` are words; where an operator is due they count as one. */
export function readLabelTokens(text: string): readonly LabelToken[] {
  const tokens: LabelToken[] = []
  let at = 0
  while (at < text.length) {
    const char = text.charAt(at)
    if (isBlank(char)) {
      at++
      continue
    }
    let end = at + 1
    if (isSign(char)) {
      while (end < text.length && signs.has(text.slice(at, end + 1))) end++
      tokens.push({ kind: 'sign', text: text.slice(at, end) })
    } else {
      while (end < text.length && !isSign(text.charAt(end)) && !isBlank(text.charAt(end))) end++
      tokens.push({ kind: 'word', text: text.slice(at, end) })
    }
    at = end
  }
  return tokens
}
