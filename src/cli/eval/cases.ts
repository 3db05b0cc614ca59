/** Answers one case of the expression suite: what a language or format makes of an input. Values are JSON text, so integers keep their digits. */
import {
  type Condition,
  type LabelSelectorObject,
  type Parsed,
  type Place,
  type SelectableNode,
  type SequenceSpec,
  answerExpressionCase,
  appendArtifactKey,
  cleanArtifactPath,
  compileDocument,
  creationTimestampTags,
  defaultArtifactKey,
  evaluateCronWorkflowWhen,
  evaluateWhen,
  expandLoopStep,
  expandSequence,
  formatGoDuration,
  humanizeNanoseconds,
  kubernetesJsonPath,
  labelSelectorOf,
  matchesFields,
  matchesLabelSelector,
  matchesNodeFieldSelector,
  nextCronTimes,
  nodeId,
  parseArgoDuration,
  parseCronSchedule,
  parseFieldSelector,
  parseGoDuration,
  parseLabelSelector,
  parseQuantity,
  podName,
  runJq,
  strftime,
  variablesOf,
} from '../../expressions/index.ts'
import { type EvalAnswer, answer } from './answer.ts'
import { type DependsCase, answerDependsCase } from './depends-case.ts'

/** Fields as they come; each kind reads those it knows. */
export type EvalCase = Readonly<Record<string, unknown>>

const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const object = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}

const ofCondition = (condition: Condition): EvalAnswer =>
  condition.ok ? answer(condition.value, 'bool') : { error: condition.error }
function ofParsed<T>(result: Parsed<T>, show: (value: T) => unknown, type?: string): EvalAnswer {
  return result.ok ? answer(show(result.value), type) : { error: result.error }
}

export function answerCase(given: EvalCase): EvalAnswer {
  switch (given['kind']) {
    case 'expr':
    case 'bool':
    case 'template':
      return answerExpressionCase({ ...given, kind: given['kind'] })
    case 'jsonpath':
      return given['dialect'] === 'kubernetes'
        ? ofParsed(kubernetesJsonPath(given['document'], text(given['input'])), (value) => value, 'string')
        : answerExpressionCase({ ...given, kind: 'jsonpath' })
    case 'when':
      return ofCondition(
        given['dialect'] === 'cron'
          ? evaluateCronWorkflowWhen(text(given['input']), object(given['cronworkflow']))
          : evaluateWhen(text(given['input'])),
      )
    case 'depends':
      return answerDependsCase(given as unknown as DependsCase)
    case 'jq':
      return ofParsed(runJq(text(given['input']), given['document']), (value) => value, 'string')
    case 'duration':
      return durationAnswer(text(given['input']), given['parser'])
    case 'quantity':
      return ofParsed(parseQuantity(text(given['input'])), ({ canonical, value, milli }) => {
        return { canonical, value: String(value), milli: String(milli) }
      })
    case 'strftime':
      return strftimeAnswer(given)
    case 'cron':
      return ofParsed(parseCronSchedule(text(given['schedule']), text(given['timezone'])), (schedule) =>
        nextCronTimes(schedule, new Date(text(given['from'])), 5).map((at) => `${at.toISOString().slice(0, 19)}Z`),
      )
    case 'sequence':
      return ofParsed(expandSequence(object(given['sequence']) as SequenceSpec), (items) => items, 'array')
    case 'item':
      return itemAnswer(given)
    case 'selector':
      return selectorAnswer(given)
    case 'podName':
      return podAnswer(given)
    case 'key':
      return keyAnswer(given)
    default:
      return { error: `unknown kind of case: ${String(given['kind'])}` }
  }
}

function durationAnswer(input: string, parser: unknown): EvalAnswer {
  const duration = parser === 'argo' ? parseArgoDuration(input) : parseGoDuration(input)
  if (parser === 'humanize') return ofParsed(duration, humanizeNanoseconds, 'string')
  return ofParsed(duration, (ns) => ({ ns: String(ns), text: formatGoDuration(ns) }))
}

function strftimeAnswer(given: EvalCase): EvalAnswer {
  const at = new Date(text(given['time']))
  const place = placeOf(given)
  if (given['tags'] === true) return answer(creationTimestampTags(at, place), 'object')
  return answer(strftime(text(given['format']), at, place), 'string')
}

/** The zone asked for, else the offset in which the time is written. */
function placeOf(given: EvalCase): Place {
  if (typeof given['zone'] === 'string') return given['zone']
  const [, sign, hours, minutes] = /([+-])(\d\d):(\d\d)$/.exec(text(given['time'])) ?? []
  if (sign === undefined) return 'UTC'
  return { offsetMinutes: (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) }
}

function itemAnswer(given: EvalCase): EvalAnswer {
  const step = {
    name: text(given['name']),
    index: Number(given['index']),
    item: given['item'],
    body: compileDocument(given['body']),
    when: text(given['when']),
  }
  return ofParsed(expandLoopStep(step, variablesOf(object(given['env']))), (made) => made)
}

function selectorAnswer(given: EvalCase): EvalAnswer {
  const labels = object(given['labels']) as Readonly<Record<string, string>>
  switch (given['flavor']) {
    case 'node':
      return ofParsed(
        parseFieldSelector(text(given['selector'])),
        (selector) => matchesNodeFieldSelector(selector, object(given['node']) as SelectableNode),
        'bool',
      )
    case 'fields':
      return ofParsed(
        parseFieldSelector(text(given['selector'])),
        (selector) => matchesFields(selector, (field) => text(object(given['fields'])[field])),
        'bool',
      )
    case 'labels':
      return ofParsed(
        parseLabelSelector(text(given['selector'])),
        (selector) => matchesLabelSelector(selector, labels),
        'bool',
      )
    default:
      return ofParsed(
        labelSelectorOf(object(given['labelSelector']) as LabelSelectorObject),
        (selector) => matchesLabelSelector(selector, labels),
        'bool',
      )
  }
}

function podAnswer(given: EvalCase): EvalAnswer {
  const [workflow, node] = [text(given['workflow']), text(given['node'])]
  const version = given['version'] === 'v1' ? 'v1' : 'v2'
  return answer({ nodeID: nodeId(workflow, node), podName: podName(workflow, node, text(given['template']), version) })
}

function keyAnswer(given: EvalCase): EvalAnswer {
  if (given['op'] === 'append') return answer(appendArtifactKey(text(given['key']), text(given['append'])), 'string')
  if (given['op'] === 'clean') return ofParsed(cleanArtifactPath('a', text(given['path'])), (path) => path, 'string')
  const { provider, keyFormat, keyPrefix, repoURL } = given
  const key = defaultArtifactKey({
    provider: text(provider),
    keyFormat: text(keyFormat),
    keyPrefix: text(keyPrefix),
    repoURL: text(repoURL),
  })
  return answer(key, 'string')
}
