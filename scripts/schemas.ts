/** Writes `crds-compat/*.schema.json` from `src/resources/`; with `--check` only says whether they are up to date. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { executorPluginKind, jsonSchemaOfKind, jsonSchemaOfManifests, resourceKinds } from '../src/resources/index.ts'

const folder = join(import.meta.dirname, '..', 'crds-compat')

const files = new Map<string, string>([
  ...[...resourceKinds, executorPluginKind].map((kind): [string, string] => [
    kind.schemaFile,
    textOf(jsonSchemaOfKind(kind)),
  ]),
  ['manifest.schema.json', textOf(jsonSchemaOfManifests())],
])

function textOf(schema: unknown): string {
  return `${JSON.stringify(schema, null, 1)}\n`
}

const stale: string[] = []
for (const [name, text] of files) {
  const path = join(folder, name)
  const present = await readFile(path, 'utf8').catch(() => null)
  if (present !== text) stale.push(name)
}

if (process.argv.includes('--check')) {
  if (stale.length > 0) {
    console.error(`out of date: ${stale.join(', ')}; run \`npm run schemas\``)
    process.exitCode = 1
  }
} else {
  await mkdir(folder, { recursive: true })
  for (const name of stale) await writeFile(join(folder, name), files.get(name) ?? '')
  console.log(stale.length > 0 ? `wrote ${stale.join(', ')}` : 'all schemas were up to date')
}
