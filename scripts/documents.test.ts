/** What docs/ shows as YAML is what Drydock takes: manifests are linted, settings are read. */
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { parseDocument } from 'yaml'
import { lintFiles } from '../src/admission/index.ts'
import { loadConfig, settingsSchema } from '../src/config/index.ts'

type Block = { readonly place: string; readonly text: string }

const docs = join(import.meta.dirname, '..', 'docs')
const folder = mkdtempSync(join(tmpdir(), 'drydock-docs-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function blocksOf(file: string): readonly Block[] {
  const text = readFileSync(join(docs, file), 'utf8')
  return [...text.matchAll(/^( *)```yaml\n([\s\S]*?)^\1```$/gm)].map((match) => ({
    place: `${file}:${text.slice(0, match.index).split('\n').length}`,
    text: (match[2] ?? '').replaceAll(new RegExp(`^${match[1] ?? ''}`, 'gm'), ''),
  }))
}

const blocks = readdirSync(docs)
  .filter((file) => file.endsWith('.md'))
  .flatMap(blocksOf)
const topKeys = (text: string): readonly string[] =>
  Object.keys((parseDocument(text).toJS() ?? {}) as Record<string, unknown>)
const isManifest = ({ text }: Block) => text.startsWith('apiVersion:')
const isSettings = ({ text }: Block) => {
  const keys = text.startsWith('apiVersion:') ? [] : topKeys(text)
  return keys.length > 0 && keys.every((key) => key in settingsSchema.properties)
}

describe('YAML of the guides', () => {
  it('is looked at', () => {
    const counts = [isManifest, isSettings].map((kind) => blocks.filter(kind).length)
    expect(counts.every((count, i) => count >= ([3, 6][i] ?? 0))).toBe(true)
  })

  it.each(blocks.filter(isManifest))('$place is a manifest without faults', ({ place, text }) => {
    const { results } = lintFiles([{ file: place, text }])
    expect(results.flatMap(({ findings, warnings }) => [...findings, ...warnings])).toEqual([])
  })

  it.each(blocks.filter(isSettings))('$place are settings', async ({ place, text }) => {
    const file = join(folder, `${place.replace(':', '-')}.yaml`)
    writeFileSync(file, text)
    await expect(loadConfig({ file, base: folder })).resolves.toBeDefined()
  })
})
