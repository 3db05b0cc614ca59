/** Answers as JSON text: a large one in pieces, between which others get their turn. */
import { setImmediate as afterTurn } from 'node:timers'
import type { Response } from 'express'
import { isObject } from './body.ts'

/** Nodes of a workflow that are written at once. */
const nodesAtOnce = 500

/** The text of `JSON.stringify(answer)`, cut where workflows have many nodes. */
export function* jsonPieces(answer: unknown): Generator<string> {
  if (Array.isArray(answer)) return yield* listed(answer)
  if (!isObject(answer)) return yield JSON.stringify(answer)
  let start = '{'
  for (const [key, value] of Object.entries(answer)) {
    if (value === undefined) continue
    const name = `${start}${JSON.stringify(key)}:`
    start = ','
    if (key === 'nodes' && isObject(value)) {
      yield name
      yield* nodePieces(value)
    } else if (key === 'items' || key === 'status') {
      yield name
      yield* jsonPieces(value)
    } else yield name + JSON.stringify(value)
  }
  yield start === '{' ? '{}' : '}'
}

function* listed(items: readonly unknown[]): Generator<string> {
  yield '['
  for (const [index, item] of items.entries()) {
    if (index > 0) yield ','
    yield* jsonPieces(item)
  }
  yield ']'
}

function* nodePieces(nodes: Readonly<Record<string, unknown>>): Generator<string> {
  const ids = Object.keys(nodes)
  yield '{'
  for (let from = 0; from < ids.length; from += nodesAtOnce) {
    const part = ids.slice(from, from + nodesAtOnce)
    const text = part.map((id) => `${JSON.stringify(id)}:${JSON.stringify(nodes[id])}`).join(',')
    yield from === 0 ? text : `,${text}`
  }
  yield '}'
}

/** Whether a workflow of the answer has more nodes than are written at once. */
export function isLarge(answer: object): boolean {
  const { items, status } = answer as { readonly items?: unknown; readonly status?: unknown }
  if (Array.isArray(items)) return items.some((item) => isObject(item) && isLarge(item))
  if (!isObject(status) || !isObject(status['nodes'])) return false
  let count = 0
  for (const _id in status['nodes']) if (++count > nodesAtOnce) return true
  return false
}

/** Status and headers are set already. Ends early where the client has gone. */
export async function sendJson(response: Response, answer: object): Promise<void> {
  if (!isLarge(answer)) return void response.json(answer)
  response.type('json')
  for (const piece of jsonPieces(answer)) {
    if (response.destroyed) return
    if (response.write(piece)) {
      if (piece.length > 10_000) await new Promise<void>((resolve) => afterTurn(resolve))
    } else if (!response.destroyed) await drained(response)
  }
  response.end()
}

/** Or closed. */
const drained = (response: Response): Promise<void> =>
  new Promise((resolve) => {
    const done = () => {
      response.off('drain', done).off('close', done)
      resolve()
    }
    response.on('drain', done).on('close', done)
  })
