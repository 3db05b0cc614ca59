/** Flags that every verb understands, and where its output goes. */
import type { Command } from 'commander'
import { ApiClient, readTokenFile } from './client.ts'
import type { Style } from './view/style.ts'

export type Context = {
  readonly api: ApiClient
  readonly namespace: string
  readonly style: Style
  say(text: string): void
}

type Flags = {
  readonly server?: string
  readonly tokenFile?: string
  readonly namespace?: string
  readonly color: boolean
  readonly utf8: boolean
}

export function addGlobalFlags(program: Command): void {
  program
    .option('-n, --namespace <name>', 'namespace (DRYDOCK_NAMESPACE, else default)')
    .option('-s, --server <url>', 'daemon to talk to (DRYDOCK_URL, else http://127.0.0.1:2746)')
    .option(
      '--token-file <file>',
      'file with the bearer token (DRYDOCK_TOKEN_FILE; DRYDOCK_TOKEN holds the token itself)',
    )
    .option('--no-color', 'plain text')
    .option('--no-utf8', 'words instead of icons')
}

/** A command that takes the global flags before and after its own name. */
export function contextOf(command: Command): Context {
  const flags: Flags = command.optsWithGlobals()
  const { env, stdout } = process
  const address = flags.server ?? env['DRYDOCK_URL'] ?? 'http://127.0.0.1:2746'
  const server = /^https?:\/\//.test(address) ? address : `http://${address}`
  const tokenFile = flags.tokenFile ?? (env['DRYDOCK_TOKEN'] === undefined ? env['DRYDOCK_TOKEN_FILE'] : undefined)
  const token = tokenFile === undefined || tokenFile === '' ? (env['DRYDOCK_TOKEN'] ?? null) : readTokenFile(tokenFile)
  return {
    api: new ApiClient({ server, token }),
    namespace: flags.namespace ?? env['DRYDOCK_NAMESPACE'] ?? 'default',
    style: {
      colour: flags.color && stdout.isTTY && env['TERM'] !== 'dumb' && env['NO_COLOR'] === undefined,
      utf8: flags.utf8,
    },
    say: (text) => void stdout.write(text.endsWith('\n') ? text : `${text}\n`),
  }
}
