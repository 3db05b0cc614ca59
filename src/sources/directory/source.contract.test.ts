import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'yaml'
import { openMemoryStore } from '../../store/index.ts'
import { MemoryController } from '../rules/rules.fixtures/memory-controller.ts'
import { sourceContract } from '../sources.contract.ts'
import type { SourceHarness } from '../sources.contract.ts'
import { openFolder } from './source.fixtures/open-folder.ts'
import type { DirectorySource } from './source.ts'

async function harness(): Promise<SourceHarness> {
  const folder = await mkdtemp(join(tmpdir(), 'sources-contract-'))
  const store = openMemoryStore()
  const controller = new MemoryController()
  let source: DirectorySource | null = null
  const status = async (place: string) =>
    parse(await readFile(join(folder, '.status', `${place}.yaml`), 'utf8').catch(() => '{}')) as Record<string, unknown>
  return {
    controller,
    async put(place, text) {
      await writeFile(join(folder, '.new'), text)
      await new Promise((resolve) => setTimeout(resolve, 5)) // so that the rename's time differs from the writing's
      await rename(join(folder, '.new'), join(folder, `${place}.yaml`))
    },
    remove: (place) => rm(join(folder, `${place}.yaml`)),
    async start() {
      await source?.close()
      source = await openFolder({ folder, controller, store })
    },
    state: status,
    async error(place) {
      const [first] = ((await status(place))['errors'] ?? []) as { at?: string; message?: string }[]
      const [, line, column] = first?.at?.split(':').map(Number) ?? []
      return { line: line ?? 0, column: column ?? 0, message: first?.message ?? '' }
    },
    async dispose() {
      await source?.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

sourceContract('the watched folder', harness)
