/** The guards that every step may have, described like settings. Shown are those that the server's language knows. */

export const ON_ERROR = [["stop", "The run pauses for a person"], ["continue", "Go on with the next step"], ["ignore", "Go on and count it as done"], ["retry", "Try again"]];

const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].map((name, number) => [number, name]);
const ZONE = { key: "timezone", kind: "text", takesData: false, names: "timezone", label: "Time zone", help: "Left out: that of the playbook.", example: "Europe/Berlin" };

/** [{title, open, fields}]: what stands on the tab, in this order. */
export const GUARD_GROUPS = [
  {
    title: "When it is done", open: true,
    fields: [
      { key: "when", kind: "expression", label: "Only when", help: "Skipped otherwise.", example: "inputs.amount > 100" },
      { key: "delay", kind: "json", label: "Wait before it", bare: "for", help: "A span such as 2h, or working days.", row: [
        { key: "for", kind: "duration", label: "How long", example: "2h" }, { key: "business_days", kind: "integer", label: "Working days", minimum: 0 },
        { key: "at_local", kind: "text", label: "At this time of the day", example: "09:00" }, { key: "jitter", kind: "duration", label: "Up to so much longer, by chance", example: "5m" }, ZONE] },
      { key: "window", kind: "json", label: "Only within hours", help: "Waits until the window opens.", fresh: { start_hour: 8, end_hour: 18 }, row: [
        { key: "start_hour", kind: "integer", label: "From hour", minimum: 0, maximum: 24, example: "8" }, { key: "end_hour", kind: "integer", label: "To hour", minimum: 0, maximum: 24, example: "18" },
        { key: "days", kind: "flags", label: "Days", help: "None: every day.", choices: DAYS }, ZONE] },
      { key: "once", kind: "boolean", label: "Do it once only", help: "Never repeated, not even after a crash. If the answer is lost, a person is asked what happened." },
      { key: "cache_key", kind: "text", label: "Take an earlier result while this stays the same", help: "With the same key the step is not done again: its earlier output is taken.", example: "{{ inputs.customer }}" },
    ],
  },
  {
    title: "How long it may take", open: true,
    fields: [
      { key: "timeout", takesData: false, kind: "duration", label: "Time limit", help: "For one try. Seconds, minutes, hours or days: 30s, 5m, 2h, 3d." },
      { key: "deadline", kind: "json", label: "Deadline", bare: "after", fresh: { after: "2h" }, help: "Counted from when the step is reached, all tries, waits and steps inside it included.", row: [
        { key: "after", kind: "duration", label: "After", required: true, takesData: false, help: "Seconds, minutes, hours or days: 90s, 30m, 2h, 3d." },
        { key: "then", kind: "choice", label: "Then", choices: [["fail", "It fails (DeadlineExceeded)"], ["continue", "Go on with the next step"]], default: "fail" },
        { key: "steps", kind: "boolean", isList: true, label: "First do steps of its own", help: "They stand beside it in the drawing, and can read error.message." }] },
      { key: "cancellable", kind: "boolean", default: true, label: "May be cancelled", help: "Off: a cancel waits until this step has ended." },
    ],
  },
  {
    title: "Shared limits", open: false,
    fields: [
      { key: "rate_limit", kind: "text", label: "Rate limit", help: "Name of a limit that it shares with other steps.", example: "bank" },
      { key: "pool", kind: "name", label: "Pool", help: "Takes a free resource of this pool.", example: "senders" },
      { key: "breaker", kind: "name", label: "Circuit breaker", help: "Stops calling while the other side is down.", example: "bank" },
      { key: "queue", kind: "name", label: "Queue", help: "Done by workers that take from this queue.", example: "eu-documents" },
    ],
  },
  {
    title: "What it may see", open: false,
    fields: [
      { key: "access", takesData: false, kind: "json", label: "Only a part of the run", help: "What is not granted is not there for this step: it cannot be read, and so it cannot be sent.", fresh: { data: true, config: false }, row: [
        { key: "data", kind: "grant", label: "Data of the run", names: "Only these", example: "customer" }, { key: "config", kind: "grant", label: "Config and secrets", names: "Only these", usual: "Usual: what its settings name", example: "bank_url" },
        { key: "audit", kind: "grant", label: "What people did" }, { key: "runtime", kind: "grant", label: "The run itself: number, starter" }] },
    ],
  },
  {
    title: "Settings by source", open: true,
    fields: [
      { key: "mapping", takesData: false, kind: "mapping", label: "Filled from", help: "Beside what stands on the tab Settings." },
    ],
  },
  {
    title: "What it must give", open: false,
    fields: [
      { key: "output_schema", takesData: false, kind: "schema", label: "Output must have", help: "Anything else fails with OutputInvalid and is not tried again." },
    ],
  },
];

export const RETRY = [
  { key: "max_attempts", takesData: false, kind: "integer", label: "Tries in all", default: 3, minimum: 1, help: "The first one counts." },
  { key: "initial", takesData: false, kind: "duration", label: "First pause", default: "2s" },
  { key: "max", takesData: false, kind: "duration", label: "Longest pause", default: "30s" },
  { key: "multiplier", takesData: false, kind: "number", label: "Each pause times", default: 2, advanced: true },
  { key: "jitter", takesData: false, kind: "duration", label: "Random part of a pause", default: "1s", advanced: true },
  { key: "on", kind: "texts", label: "Only after these faults", help: "Codes such as RateLimited, or * for all.", example: "Timeout", codes: true },
  { key: "not_on", kind: "texts", label: "Never after these faults", advanced: true, codes: true },
  { key: "if", kind: "expression", label: "Only if", advanced: true, help: "The fault is `error` here.", example: "error.code != 'ClientError'" },
];

export const CODES = [
  "RateLimited", "ServerError", "ClientError", "Timeout", "ConnectionFailed", "EgressBlocked", "BreakerOpen", "DeadlineExceeded", "ApprovalRejected", "RaceFailed",
  "PlaybookNotFound", "PayloadTooLarge", "OutputInvalid", "TemplateError", "ExpressionError", "InputInvalid", "Interrupted", "UnknownOutcome", "NeedsPerson",
];

/** Keys of all guards, for finding the tab that a fault belongs to. */
export const GUARD_KEYS = [...GUARD_GROUPS.flatMap((group) => group.fields.map((field) => field.key)), "retry", "on_error"];
