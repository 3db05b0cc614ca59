/** Writes the documents that come from code; with `--check` only says whether they are up to date. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { compatibilityDocument } from '../src/admission/index.ts'
import { metricsDocument } from '../src/telemetry/index.ts'
import { envExample } from './env-example.ts'

const docs = join(import.meta.dirname, '..', 'docs')
const documents = new Map([
  ['metrics.md', metricsDocument()],
  ['compatibility.md', compatibilityDocument()],
  ['../deploy/.env.example', envExample()],
])

const stale: string[] = []
for (const [name, text] of documents) {
  const present = await readFile(join(docs, name), 'utf8').catch(() => null)
  if (present !== text) stale.push(name)
}

if (process.argv.includes('--check')) {
  if (stale.length > 0) {
    console.error(`out of date: ${stale.join(', ')}; run \`npm run docs\``)
    process.exitCode = 1
  }
} else {
  for (const name of stale) await writeFile(join(docs, name), documents.get(name) ?? '')
  console.log(stale.length > 0 ? `wrote ${stale.join(', ')}` : 'all documents were up to date')
}
