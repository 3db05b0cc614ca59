/** Verbs that tell why: history, explain. */
import type { Command } from 'commander'
import { stringify } from 'yaml'
import type { Explanation, WorkflowHistory } from '../../controller/port.ts'
import { contextOf } from '../globals.ts'
import { explanationText, historyText } from '../view/history-text.ts'
import { workflowPath } from '../workflows-api.ts'

export function registerHistory(program: Command): void {
  program
    .command('history')
    .description('print what was decided about a workflow: what was seen, what changed by it, what was begun')
    .argument('<workflow>')
    .option('-o, --output <form>', 'json or yaml')
    .action(async (name: string, flags: { readonly output?: string }, command: Command) => {
      const { api, namespace, say } = contextOf(command)
      const history = await api.call<WorkflowHistory>('GET', `${workflowPath(namespace, name)}/history`)
      say(dataText(history, flags.output) ?? historyText(history))
    })
  program
    .command('explain')
    .description('tell why a workflow, or a node of it, waits, ran, was skipped, was retried or failed')
    .argument('<workflow>')
    .argument('[node]', 'its id, name or display name; also a step or task that has not begun')
    .option('-o, --output <form>', 'json or yaml')
    .action(async (name: string, node: string | undefined, flags: { readonly output?: string }, command: Command) => {
      const { api, namespace, say } = contextOf(command)
      const query = node === undefined ? '' : `?${new URLSearchParams({ node }).toString()}`
      const told = await api.call<Explanation>('GET', `${workflowPath(namespace, name)}/explain${query}`)
      say(dataText(told, flags.output) ?? explanationText(told))
    })
}

const dataText = (value: object, form: string | undefined): string | null =>
  form === 'json' ? JSON.stringify(value, null, 2) : form === 'yaml' ? stringify(value) : null
