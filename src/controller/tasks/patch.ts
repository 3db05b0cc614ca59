/** JSON merge patches (RFC 7386) and JSON patches (RFC 6902). */

type Json = unknown
type Fields = Record<string, Json>

const isFields = (value: Json): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value)

export function mergePatch(target: Json, patch: Json): Json {
  if (!isFields(patch)) return patch
  const result: Fields = isFields(target) ? { ...target } : {}
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key]
    else result[key] = mergePatch(result[key], value)
  }
  return result
}

/** @throws Error in kubectl's manner for an operation that cannot be done */
export function jsonPatch(target: Json, operations: Json): Json {
  if (!Array.isArray(operations)) throw new Error('a JSON patch must be a list of operations')
  let document: Json = structuredClone(target)
  for (const operation of operations as readonly Json[]) document = applyOne(document, operation)
  return document
}

function applyOne(document: Json, operation: Json): Json {
  if (!isFields(operation) || typeof operation['path'] !== 'string')
    throw new Error('a JSON patch operation needs a path')
  const path = pointer(operation['path'])
  const { op, value } = operation
  switch (op) {
    case 'add':
      return put(document, path, value, true)
    case 'replace':
      read(document, path)
      return put(document, path, value, false)
    case 'remove':
      return remove(document, path)
    case 'move':
    case 'copy': {
      const from = pointer(String(operation['from'] ?? ''))
      const moved: Json = structuredClone(read(document, from))
      return put(op === 'move' ? remove(document, from) : document, path, moved, true)
    }
    case 'test':
      if (JSON.stringify(read(document, path)) !== JSON.stringify(value))
        throw new Error(`testing path ${operation['path']} value failed`)
      return document
    default:
      throw new Error(`unexpected kind: ${String(op)}`)
  }
}

function pointer(text: string): readonly string[] {
  if (text === '') return []
  if (!text.startsWith('/')) throw new Error(`JSON pointer must be empty or start with a "/": ${text}`)
  return text
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function read(document: Json, path: readonly string[]): Json {
  let value = document
  for (const key of path) {
    const next: Json = Array.isArray(value)
      ? (value as readonly Json[])[Number(key)]
      : isFields(value)
        ? value[key]
        : undefined
    if (next === undefined) throw new Error(`doc is missing path: /${path.join('/')}: missing value`)
    value = next
  }
  return value
}

function put(document: Json, path: readonly string[], value: Json, isInsert: boolean): Json {
  const key = path.at(-1)
  if (key === undefined) return value
  const parent = read(document, path.slice(0, -1))
  if (Array.isArray(parent)) {
    const index = key === '-' ? parent.length : Number(key)
    if (!Number.isInteger(index) || index < 0 || index > parent.length)
      throw new Error(`invalid index in path: /${path.join('/')}`)
    parent.splice(index, isInsert ? 0 : 1, value)
  } else if (isFields(parent)) parent[key] = value
  else throw new Error(`doc is missing path: /${path.join('/')}: missing value`)
  return document
}

function remove(document: Json, path: readonly string[]): Json {
  read(document, path)
  const key = path.at(-1)
  if (key === undefined) return null
  const parent = read(document, path.slice(0, -1))
  if (Array.isArray(parent)) parent.splice(Number(key), 1)
  else if (isFields(parent)) delete parent[key]
  return document
}
