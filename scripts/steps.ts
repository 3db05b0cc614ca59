/** Commands run one after the other, each with a line about how it went. */
import { spawn } from 'node:child_process'

export type StepOutcome = { readonly code: number; readonly output: string; readonly seconds: number }
export type StepOptions = {
  readonly env?: Readonly<Record<string, string>>
  /** Also when all went well. */ readonly echo?: boolean
  readonly limitSeconds?: number
}

/** The output is shown when it fails, or while it comes with `echo`. */
export async function step(command: readonly string[], options: StepOptions = {}): Promise<StepOutcome> {
  const [program = '', ...args] = command
  const begun = performance.now()
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...options.env },
    ...(options.limitSeconds === undefined ? {} : { timeout: Math.ceil(options.limitSeconds * 1000) }),
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString()
      if (options.echo === true) process.stdout.write(chunk)
    })
  const code = await new Promise<number>((resolve) => {
    child.on('error', (error) => {
      output += String(error)
      resolve(1)
    })
    child.on('close', (status, signal) => resolve(status ?? (signal === null ? 0 : 1)))
  })
  return { code, output, seconds: (performance.now() - begun) / 1000 }
}

export const tail = (text: string, lines: number): string => text.trimEnd().split('\n').slice(-lines).join('\n')
