/** What to say of a document that is of no kind known here. */
import { type Position, executorPluginKind, resourceKinds } from '../resources/index.ts'
import type { Path, Problem } from './problem.ts'
import type { RawNode } from './raw-node.ts'
import { nearest } from './suggestion.ts'

export function unknownKind(node: RawNode, kind: string, asJson: boolean, locate: (path: Path) => Position): Problem {
  if (node.kind !== 'map' && asJson) {
    const name = { bool: 'bool', number: 'number', text: 'string', list: 'array', null: 'null' }[node.kind]
    return {
      message: `json: cannot unmarshal ${name} into Go value of type v1.ObjectMeta`,
      at: locate([]),
      aborts: node.kind !== 'null',
      silentInArgo: node.kind === 'null',
      hint: 'a manifest is an object with apiVersion, kind, metadata and spec',
    }
  }
  if (node.kind !== 'map' || kind === '') {
    return {
      message: node.kind === 'map' ? 'kind is missing' : 'is not an object',
      at: locate([]),
      silentInArgo: true,
      hint: 'a manifest is an object with apiVersion, kind, metadata and spec',
    }
  }
  const kinds = [...resourceKinds, executorPluginKind].map((known) => known.kind)
  const near = nearest(kind, kinds)
  return {
    message: `kind "${kind}" is unknown`,
    path: 'kind',
    at: locate(['kind']),
    silentInArgo: true,
    hint: near === undefined ? `known kinds: ${kinds.join(', ')}` : `did you mean "${near}"?`,
  }
}
