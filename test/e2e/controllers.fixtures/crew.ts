/** Daemons with names of their own on one Postgres, and workflows whose every step writes one line. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FleetFigures } from '../../../src/controller/index.ts'
import type { Workflow } from '../../../src/resources/index.ts'
import { KillableDaemon } from '../../kill/daemon.ts'

export type Controllers = { readonly name: string; readonly items: FleetFigures['members'] }
const api = '/api/v1/workflows/default'

export class NamedDaemon {
  readonly name: string
  readonly daemon: KillableDaemon

  private constructor(name: string, daemon: KillableDaemon) {
    this.name = name
    this.daemon = daemon
  }

  static async of(name: string, environment: Readonly<Record<string, string>>): Promise<NamedDaemon> {
    return new NamedDaemon(name, await KillableDaemon.inScratch({ ...environment, DRYDOCK_CONTROLLER_NAME: name }))
  }

  async ask<T>(path: string, init: RequestInit = {}): Promise<T> {
    const answer = await fetch(`${await this.daemon.url}${path}`, init)
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${this.name} ${path}: ${answer.status} ${text}`)
    return JSON.parse(text) as T
  }

  submit(workflow: object): Promise<Workflow> {
    return this.ask(api, { method: 'POST', body: JSON.stringify({ workflow }) })
  }
  workflow(name: string): Promise<Workflow> {
    return this.ask(`${api}/${name}`)
  }
  put(name: string, verb: string): Promise<Workflow> {
    return this.ask(`${api}/${name}/${verb}`, { method: 'PUT', body: JSON.stringify({ name, namespace: 'default' }) })
  }
  controllers(): Promise<Controllers> {
    return this.ask('/api/v1/controllers')
  }
  async phases(): Promise<Readonly<Record<string, string>>> {
    const { items } = await this.ask<{ readonly items?: readonly Workflow[] | null }>(
      `${api}?fields=items.metadata.name,items.status.phase,items.status.finishedAt`,
    )
    return Object.fromEntries((items ?? []).map(({ metadata, status }) => [metadata.name ?? '', status?.phase ?? '']))
  }
  /** Why those that have not succeeded stand where they stand, with all that was decided about them. */
  async others(): Promise<string> {
    const { items } = await this.ask<{ readonly items?: readonly Workflow[] | null }>(api)
    const others = (items ?? []).filter(({ status }) => status?.phase !== 'Succeeded')
    const told = others.map(async ({ metadata: { name = '' }, status }) => {
      const parts = await Promise.all(['explain', 'history'].map((part) => this.ask(`${api}/${name}/${part}`)))
      return [name, ...parts, status].map((part) => JSON.stringify(part)).join('\n')
    })
    return (await Promise.all(told)).join('\n\n')
  }
  async log(name: string): Promise<readonly string[]> {
    const text = await (await fetch(`${await this.daemon.url}${api}/${name}/log?logOptions.container=main`)).text()
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => (JSON.parse(line) as { readonly result: { readonly content: string } }).result.content)
  }
}

/** Where all containers of all engines of this machine write their lines. */
export class Lines {
  readonly folder: string

  private constructor(folder: string) {
    this.folder = folder
  }
  static async begin(): Promise<Lines> {
    return new Lines(await mkdtemp(join(tmpdir(), 'drydock-lines-')))
  }
  async all(): Promise<readonly string[]> {
    const text = await readFile(join(this.folder, 'all'), 'utf8').catch(() => '')
    return text.split('\n').filter((line) => line !== '')
  }
  clear(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true })
  }

  /** Steps that write `<name>.<n>` one after the other. */
  workflow(name: string, steps: number, more: { readonly spec?: object; readonly seconds?: string } = {}): object {
    const { spec = {}, seconds = '0.3' } = more
    const line = '{{inputs.parameters.line}}'
    const container = {
      image: 'busybox',
      imagePullPolicy: 'IfNotPresent',
      command: ['sh', '-c'],
      args: [`echo ${line} >> /lines/all; sleep ${seconds}; echo said ${line}`],
      volumeMounts: [{ name: 'lines', mountPath: '/lines' }],
    }
    const call = (index: number) => ({
      name: `s${index}`,
      template: 'say',
      arguments: { parameters: [{ name: 'line', value: `${name}.${index}` }] },
    })
    return {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Workflow',
      metadata: { name },
      spec: {
        entrypoint: 'main',
        volumes: [{ name: 'lines', hostPath: { path: this.folder } }],
        templates: [
          { name: 'main', steps: Array.from({ length: steps }, (_, index) => [call(index)]) },
          { name: 'say', inputs: { parameters: [{ name: 'line' }] }, container },
        ],
        ...spec,
      },
    }
  }
}

export const linesOf = (name: string, steps: number): string[] =>
  Array.from({ length: steps }, (_, index) => `${name}.${index}`)
