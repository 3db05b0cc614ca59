// The door of the room: what other rooms may use.

// Argo's expression language, template tags and variables.
export { variablesOf } from './variables.ts'
export type { Variables } from './variables.ts'
export { tagsOf } from './tags/parse.ts'
export type { Tag } from './tags/parse.ts'
export { compileDocument, renderDocument, renderText } from './tags/document.ts'
export type { CompiledDocument, Rendered } from './tags/document.ts'
export { PLACEHOLDER_PREFIX } from './tags/render.ts'
export type { TagPolicy } from './tags/render.ts'
export { identifiersIn } from './tags/identifiers.ts'
export { compileExpression, evaluateCondition, evaluateExpression } from './expr/evaluate.ts'
export type { CompiledExpression, Outcome, Verdict } from './expr/evaluate.ts'
export { environmentWithFunctions } from './expr/environment.ts'
export { cronWorkflowEnvironment, httpEnvironment } from './expr/argo-environments.ts'
export type { Outside } from './expr/values.ts'
export { formatValue, goText } from './go-format.ts'
export type { Formatted } from './go-format.ts'
export { decodeJson, encodeJson } from './go-json.ts'
export { jsonProblem } from './json-problem.ts'
export { goQuote } from './go-quote.ts'
export { answerExpressionCase } from './expr/answer.ts'
export type { ExpressionAnswer, ExpressionCase } from './expr/answer.ts'

// Argo's small languages and formats.
export type { Condition } from './condition.ts'
export type { Parsed } from './go-text.ts'
export { evaluateCronWhen, evaluateWhen } from './when/when.ts'
export { evaluateCronWorkflowWhen } from './cron/cron-when.ts'
export { compileDepends } from './depends/logic.ts'
export { taskResults } from './depends/results.ts'
export type { TaskResult, TaskResults } from './depends/results.ts'
export type { DependingTask, DependsLogic } from './depends/logic.ts'
export { evaluateDepends, taskResultsOf } from './depends/evaluate.ts'
export type { FinishedTask } from './depends/evaluate.ts'
export { ancestorsOf, compileDag, dagFault, dagOrder, leavesOf } from './depends/graph.ts'
export type { DagConditions } from './depends/graph.ts'
export {
  formatGoDuration,
  humanizeDuration,
  humanizeNanoseconds,
  parseArgoDuration,
  parseDurationMs,
  parseGoDuration,
} from './duration.ts'
export { parseQuantity } from './quantity.ts'
export type { Quantity } from './quantity.ts'
export { creationTimestampTags, strftime } from './strftime.ts'
export type { Place } from './strftime.ts'
export { isKnownZone } from './time-zone.ts'
export { kubernetesJsonPath } from './kubernetes-jsonpath/evaluate.ts'
export { jqLimits, runJq } from './jq/run.ts'
export type { JqOptions } from './jq/run.ts'
export { cronScheduleFault, parseCronSchedule } from './cron/schedule.ts'
export type { CronSchedule } from './cron/schedule.ts'
export { nextCronTimes } from './cron/next.ts'
export { expandSequence } from './loops/sequence.ts'
export type { SequenceSpec } from './loops/sequence.ts'
export { expandLoopStep } from './loops/expand-step.ts'
export type { LoopStep } from './loops/expand-step.ts'
export { expandItem, itemDescription, itemVariables } from './loops/items.ts'
export {
  matchesFields,
  matchesNodeFieldSelector,
  parseFieldSelector,
  parseNodeFieldSelector,
} from './selectors/fields.ts'
export type { FieldSelector, SelectableNode } from './selectors/fields.ts'
export { labelSelectorOf, matchesLabelSelector, parseLabelSelector } from './selectors/labels.ts'
export type { LabelRequirement, LabelSelector, LabelSelectorObject } from './selectors/labels.ts'
export { fnv32a, nodeId, podName } from './node-ids.ts'
export { appendArtifactKey, cleanArtifactPath, defaultArtifactKey } from './artifact-keys.ts'
export type { KeyFormat } from './artifact-keys.ts'
export { goTypeOf } from './go-type-of.ts'
export { labelKeyFaults, labelValueFaults } from './selectors/label-syntax.ts'
export { re2 } from './re2.ts'
