/** The status page: our own HTML and JavaScript, served as they stand. */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Request, Response } from 'express'
import { mediaTypeOf } from './http/media-type.ts'

/** `'unsafe-inline'` is for styles only; scripts are files. */
const headers = {
  'X-Frame-Options': 'DENY',
  'Content-Security-Policy':
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; base-uri 'self'; frame-ancestors 'none'",
  'Referrer-Policy': 'same-origin',
  'Cache-Control': 'no-cache',
}

/** Files by name, read once; any other path is a page of the application. */
export class StaticSite {
  readonly #files = new Map<string, Buffer>()
  readonly #index: string

  /** @param baseHref begins and ends with a slash */
  constructor(baseHref: string, folder = join(import.meta.dirname, 'static')) {
    for (const name of readdirSync(folder)) this.#files.set(name, readFileSync(join(folder, name)))
    const page = this.#files.get('index.html')?.toString('utf8') ?? ''
    this.#index = page.replace('<base href="/" />', `<base href="${baseHref.replaceAll('"', '&quot;')}" />`)
  }

  answer(request: Request, response: Response, allowedOrigin: string | null): void {
    response.set(headers)
    if (allowedOrigin !== null) response.set({ 'Access-Control-Allow-Origin': allowedOrigin })
    if (request.method === 'OPTIONS') return void response.status(204).end()
    if (request.method !== 'GET' && request.method !== 'HEAD') return void response.status(405).end()
    const name = request.path.slice(1)
    const file = name === 'index.html' ? undefined : this.#files.get(name)
    if (file === undefined) return void response.type('html').send(this.#index)
    response.setHeader('Content-Type', mediaTypeOf(name))
    response.send(file)
  }
}
