// Cuts a JSONPath into the texts of its tokens: `$`, `name`, `..`, `[…]`.

import { unexpected } from './problem.ts'

/** Throws JsonPathProblem. */
export function tokenize(selector: string): readonly string[] {
  const first = selector[0]
  if (first === undefined) throw unexpected('', 0)
  if (first !== '$' && first !== '@') throw unexpected(Array.from(selector)[0] ?? '', 0)
  const second = selector[1]
  if (second !== undefined && second !== '.' && second !== '[') throw unexpected(second, 1)
  const tokens = [first]
  let token = ''
  // Quotes and round brackets are counted per token, square ones over the whole path.
  let [quotes, round, square] = [0, 0, 0]
  for (const char of selector.slice(1)) {
    if (token === '') [quotes, round] = [0, 0]
    if (char === "'") quotes++
    else if (char === '(') round++
    else if (char === ')') round--
    else if (char === '[') square++
    else if (char === ']') square--
    token += char
    if (token === '.') continue
    if (token === '..') {
      tokens.push(token)
      token = ''
      continue
    }
    if (char === '[') {
      if (token === '[' || token === '.[' || token.indexOf('[') < token.length - 1) continue
      tokens.push(token.slice(token.startsWith('.') ? 1 : 0, -1))
      token = '['
      continue
    }
    const isOpen = quotes % 2 === 1 || round !== 0
    if (token.includes('[')) {
      if (isOpen || char !== ']' || square !== 0) continue
      tokens.push(token.startsWith('.') ? token.slice(1) : token)
      token = ''
    } else if (char === '.' && !isOpen) {
      tokens.push(token.slice(token.startsWith('.') ? 1 : 0, -1))
      token = '.'
    }
  }
  if (token !== '') tokens.push(token.startsWith('.') ? token.slice(1) : token)
  return tokens
}
