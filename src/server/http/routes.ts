/** Paths with Argo's `{parameters}` on express, and the call that a handler is given. */
import type { Express, Request, Response } from 'express'
import { Body, parseJson } from './body.ts'
import { sendJson } from './json-pieces.ts'
import { Query } from './query.ts'

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete'

/** One request. */
export type Call = {
  /** Decoded; `''` for a segment that was left empty. */
  readonly params: (name: string) => string
  readonly query: Query
  /** The fields of the body. @throws HttpFault 400 where it is no JSON object */
  readonly body: () => Body
  /** Any JSON; `undefined` where there is no body. */
  readonly json: () => unknown
  readonly request: Request
  readonly response: Response
}

/** Parameters that clients leave empty: every namespace, or no discriminator. */
const maybeEmpty = new Set(['namespace', 'discriminator'])

/**
 * `/api/v1/workflows/{namespace}/{name}` as an expression with named groups. A parameter that may be empty matches an
 * empty segment, and at the end no segment at all; `{path...}` matches the rest.
 */
export function pathExpression(path: string): RegExp {
  const parts = path.split('/').slice(1)
  const source = parts.map((part, index) => {
    const [, name, rest] = /^\{(\w+)(\.\.\.)?\}$/.exec(part) ?? []
    if (name === undefined) return `/${part.replaceAll('.', '\\.')}`
    if (rest !== undefined) return `(?:/(?<${name}>.*))?`
    const group = maybeEmpty.has(name) ? `/(?<${name}>[^/]*)` : `/(?<${name}>[^/]+)`
    return maybeEmpty.has(name) && index === parts.length - 1 ? `(?:${group})?` : group
  })
  return new RegExp(`^${source.join('')}/?$`)
}

export class Routes {
  readonly #app: Express
  readonly #headers: Readonly<Record<string, string>>

  /** @param headers sent with every success */
  constructor(app: Express, headers: Readonly<Record<string, string>>) {
    this.#app = app
    this.#headers = headers
  }

  /** Answers 200 with the JSON of what the handler resolves with. */
  unary(method: Method, path: string, handle: (call: Call) => Promise<object> | object): void {
    this.raw(method, path, async (call) => {
      const answer = await handle(call)
      await sendJson(call.response.status(200).set(this.#headers), answer)
    })
  }

  /** The handler writes the answer itself. */
  raw(method: Method, path: string | RegExp, handle: (call: Call) => Promise<void> | void): void {
    const expression = typeof path === 'string' ? pathExpression(path) : path
    this.#app[method](expression, async (request: Request, response: Response) => {
      await handle(callOf(request, response))
    })
  }
}

function callOf(request: Request, response: Response): Call {
  const json = () => parseJson(request.body)
  return {
    params: (name) => {
      const value = request.params[name]
      return typeof value === 'string' ? value : ''
    },
    query: new Query(request.url),
    body: () => new Body(json()),
    json,
    request,
    response,
  }
}
