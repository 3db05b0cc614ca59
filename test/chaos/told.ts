/** What daemons tell of workflows beside the API: `.status` files, and rows of a table of manifests where there is a Postgres. */
import { readFile, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { parse } from 'yaml'

export type Way = 'file' | 'row' | 'api'
export type ToldParts = { readonly manifests: string; readonly postgres: { readonly url: string } | null }

export class Told {
  readonly #manifests: string
  readonly #url: string | null
  /** As each workflow of a row ended. */
  readonly #ended = new Map<string, string>()

  constructor({ manifests, postgres }: ToldParts) {
    this.#manifests = manifests
    this.#url = postgres?.url ?? null
  }

  get hasTable(): boolean {
    return this.#url !== null
  }

  async drop(name: string, manifest: object): Promise<void> {
    const path = join(this.#manifests, `${name}.json`)
    await writeFile(`${path}.part`, JSON.stringify(manifest))
    await rename(`${path}.part`, path)
  }

  takeBack(name: string): Promise<void> {
    return rm(join(this.#manifests, `${name}.json`), { force: true })
  }

  /** Once, however often it is asked; false while the database is away. */
  async insert(name: string, manifest: object): Promise<boolean> {
    const sql = `INSERT INTO workflow_manifests (name, manifest) SELECT $1, $2::jsonb
      WHERE NOT EXISTS (SELECT FROM workflow_manifests WHERE name = $1)`
    return (await this.#query(sql, [name, JSON.stringify(manifest)])) !== null
  }

  /** What is told of a workflow that has ended so, where that is not the same, or cannot be read now; `null`: it is the same. */
  async differs(name: string, way: Way, phase: string): Promise<string | null> {
    if (way === 'file') {
      const text = await readFile(join(this.#manifests, '.status', `${name}.json.yaml`), 'utf8').catch(
        () => 'phase: none',
      )
      const told = (parse(text) as { readonly phase?: string }).phase ?? 'nothing'
      return told === phase ? null : `its .status file says ${told}`
    }
    if (way === 'api') return null
    const rows = await this.#query('SELECT phase FROM workflow_manifests WHERE name = $1', [name])
    if (rows === null) return 'its row cannot be read'
    const told = (rows[0] as { readonly phase?: string | null } | undefined)?.phase ?? 'nothing'
    if (told !== phase) return `its row says ${told}`
    this.#ended.set(name, phase)
    return null
  }

  /** Rows that say something else by now, and `.status` files of manifests that are not there any more. */
  async left(): Promise<readonly string[]> {
    const wrong: string[] = []
    for (const [name, phase] of this.#ended) {
      const differs = await this.differs(name, 'row', phase)
      if (differs !== null) wrong.push(`${name}: ${differs}, and said ${phase}`)
    }
    const manifests = new Set(await readdir(this.#manifests))
    const told = await readdir(join(this.#manifests, '.status')).catch(() => [])
    const strays = told.filter((file) => !manifests.has(file.replace(/\.yaml$/, '')))
    return [...wrong, ...strays.map((file) => `left in the folder: .status/${file}`)]
  }

  async #query(text: string, values: readonly unknown[]): Promise<readonly unknown[] | null> {
    const client = new pg.Client({
      connectionString: this.#url ?? '',
      connectionTimeoutMillis: 2_000,
      query_timeout: 5_000,
    })
    client.on('error', () => undefined)
    try {
      await client.connect()
      return (await client.query<Record<string, unknown>>(text, [...values])).rows
    } catch {
      return null
    } finally {
      await client.end().catch(() => undefined)
    }
  }
}
