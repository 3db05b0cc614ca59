/** A real daemon on free ports, with a folder and data of its own. */
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

export type RunningDaemon = { readonly url: string; readonly folder: string; stop(): Promise<void> }

/** @throws Error with what the daemon said where it does not come up */
export async function startDaemon(more: readonly string[] = []): Promise<RunningDaemon> {
  const root = await mkdtemp(join(tmpdir(), 'drydock-clients-'))
  const folder = join(root, 'manifests')
  const drydock = join(import.meta.dirname, '..', '..', 'bin', 'drydock.js')
  const options = ['--data', join(root, 'data'), '--port', '0', '--metrics-port', '0', ...more]
  const child = spawn(process.execPath, [drydock, 'up', folder, ...options], { stdio: ['ignore', 'ignore', 'pipe'] })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const said: string[] = []
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      said.push(line)
      const api = /"api":"([^"]+)"/.exec(line)?.[1]
      if (api !== undefined) resolve(api)
    })
    child.once('exit', () => reject(new Error(`the daemon did not come up:\n${said.join('\n')}`)))
  })
  return {
    url,
    folder,
    stop: async () => {
      child.kill('SIGTERM')
      await exited
      await rm(root, { recursive: true, force: true })
    },
  }
}
