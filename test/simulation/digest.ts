/** A worker that loads all that a seed runs, and tells the digest of it. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parentPort } from 'node:worker_threads'

const root = join(import.meta.dirname, '..', '..')
const files = new Set<string>()
registerHooks({
  load(url, context, next) {
    if (url.startsWith('file:')) files.add(fileURLToPath(url))
    return next(url, context)
  },
})
await import('./seed.ts')
/** The same wherever the checkout and its packages lie. */
const nameOf = (file: string): string => {
  const at = file.indexOf('/node_modules/')
  return at < 0 ? relative(root, file) : file.slice(at)
}
const hash = createHash('sha256')
for (const file of [...files].toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))) {
  const text = readFileSync(file)
  hash.update(`${nameOf(file)}\n${text.length}\n`).update(text)
}
parentPort?.postMessage(hash.digest('hex').slice(0, 16))
