/** `drydock socket-proxy`: the Docker socket for the daemon alone, see deploy/compose.yaml. */
import type { Command } from 'commander'
import { UserError } from '../../resources/index.ts'
import { contextOf } from '../globals.ts'

type ProxyFlags = { readonly host: string; readonly port: string; readonly config?: string }

export function registerSocketProxy(program: Command): void {
  program
    .command('socket-proxy')
    .description('serve the Docker socket over TCP, restricted to what the daemon does to its own containers')
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <port>', 'port to listen on', '2375')
    .option('--config <file>', 'settings: `instance`, `policy` and `docker.host` are used')
    .action(async (flags: ProxyFlags, command: Command) => serve(flags, command))
}

async function serve({ host, port, config: file }: ProxyFlags, command: Command): Promise<void> {
  const { loadConfig } = await import('../../config/index.ts')
  const { describeAddress, findEngine, startSocketProxy } = await import('../../runtime/docker/index.ts')
  const { say } = contextOf(command)
  const { config } = await loadConfig({
    environment: process.env,
    base: process.cwd(),
    ...(file === undefined ? {} : { file }),
  })
  const env = config.docker.host === null ? process.env : { ...process.env, DOCKER_HOST: config.docker.host }
  const search = await findEngine({ env })
  if (!search.found) throw new UserError('NO_ENGINE', search.message)
  const { instance, policy } = config
  const log = (message: string, fields: Readonly<Record<string, unknown>>) =>
    say(JSON.stringify({ message, ...fields }))
  const proxy = await startSocketProxy({ engine: search.address, instance, policy, log }, { host, port: Number(port) })
  log('serving the Docker socket', { at: `${host}:${proxy.port}`, engine: describeAddress(search.address), instance })
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => void proxy.close().then(() => process.exit(0)))
}
