// Finds the template tags of a text: `{{name}}` and `{{=expression}}`. A tag ends at the first `}}`.

export type Tag = {
  readonly kind: 'simple' | 'expression'
  /** What stands between the braces, as written; without the `=` of an expression. */
  readonly inner: string
  /** Where the `{{` begins, in UTF-16 units. */
  readonly offset: number
}

/** Every tag of a plain text, from left to right; an opened one that never ends is left out. */
export function tagsOf(text: string): readonly Tag[] {
  const tags: Tag[] = []
  for (const piece of cutTags(text).pieces) {
    if (typeof piece === 'string') continue
    const isExpression = piece.inner.startsWith('=')
    tags.push({
      kind: isExpression ? 'expression' : 'simple',
      inner: isExpression ? piece.inner.slice(1) : piece.inner,
      offset: piece.offset,
    })
  }
  return tags
}

export type Cut = {
  readonly pieces: readonly (string | { readonly inner: string; readonly offset: number })[]
  /** Where a tag begins that does not end; its text is in no piece. */
  readonly openAt: number | null
}

export function cutTags(text: string): Cut {
  const pieces: (string | { readonly inner: string; readonly offset: number })[] = []
  let at = 0
  for (;;) {
    const open = text.indexOf('{{', at)
    if (open < 0) {
      if (at < text.length) pieces.push(text.slice(at))
      return { pieces, openAt: null }
    }
    if (open > at) pieces.push(text.slice(at, open))
    const close = text.indexOf('}}', open + 2)
    if (close < 0) return { pieces, openAt: open }
    pieces.push({ inner: text.slice(open + 2, close), offset: open })
    at = close + 2
  }
}
