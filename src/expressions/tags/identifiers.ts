// The variables an expression cannot do without, as Argo finds them: by looking at its text, not by running it.

import type { MemberNode, Node } from '../expr/ast.ts'
import { walk } from '../expr/ast.ts'
import { isNil, stringMapOf } from '../expr/values.ts'
import type { StringMap } from '../expr/values.ts'

/**
 * Names and member paths in order of mention. Members left of `??` and those before `?.` are not counted, nor are
 * paths with an optional or computed step; their root names always are.
 */
export function identifiersIn(root: Node): readonly string[] {
  const guarded = new Set<Node>()
  walk(root, (node) => {
    if (node.kind === 'binary' && node.operator === '??') {
      walk(node.left, (inner) => {
        if (inner.kind === 'member') guarded.add(inner)
      })
    }
    if (node.kind === 'member' && node.optional && node.node.kind === 'member') guarded.add(node.node)
  })
  const out = new Set<string>()
  walk(root, (node) => {
    if (guarded.has(node)) return
    if (node.kind === 'identifier') out.add(node.name)
    if (node.kind === 'member') {
      const path = pathOf(node)
      if (path !== null) out.add(path)
    }
  })
  return [...out]
}

function pathOf(member: MemberNode): string | null {
  const parts: string[] = []
  let at: Node = member
  while (at.kind === 'member') {
    if (at.optional || at.property.kind !== 'string') return null
    parts.push(at.property.value)
    at = at.node
  }
  return at.kind === 'identifier' ? [at.name, ...parts.reverse()].join('.') : null
}

/** Whether a name or path leads to something; a nil at its end counts. */
export function isKnown(env: StringMap, path: string): boolean {
  const [root = '', ...rest] = path.split('.')
  let value = env.get(root)
  if (value === undefined) return false
  for (const part of rest) {
    if (isNil(value)) return false
    const map = stringMapOf(value)
    value = map?.get(part)
    if (value === undefined) return false
  }
  return true
}
