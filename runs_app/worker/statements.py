"""The machine's SQL, a name and an intent per statement. Everything else in the product goes through the ORM.

They run on Django's own connection with psycopg's plain cursor: prepared, without the ORM (docs/decisions). The functions are in sql/functions.sql.
"""

from dataclasses import dataclass

from runs_app.advisory import Advisory

# What does not change while runs go on.
_FACT_COLUMNS = """r.id, r.account_id, p.name, r.version_id, v.number, r.inputs::text, r.config::text, r.fails_outright, r.mode, r.autonomous, r.timezone, r.owner_id,
  u.username, u.email, trim(u.first_name || ' ' || u.last_name), r.created_at, r.labels::text, r.trigger,
  CASE r.made_as WHEN 'replay' THEN r.original_id END"""
_FACT_TABLES = """runs_app_run r JOIN playbooks_app_playbook p ON p.id = r.playbook_id JOIN playbooks_app_playbookversion v ON v.id = r.version_id
LEFT JOIN playbooks_app_user u ON u.id = r.owner_id"""
FACTS = f"SELECT {_FACT_COLUMNS} FROM {_FACT_TABLES} WHERE r.id = ANY (%s)"

# A batch of queued strands becomes ours; a run that begins brings its facts along. Locks strands only; a worker that was declared dead claims nothing.
_CLAIMED = f"""
  claimed AS (UPDATE runs_app_strand s SET status = 'driven', token = token + 1, executor_id = %s, wake_requested = false FROM mine, runs_app_run x
    WHERE s.id = mine.id AND x.id = s.run_id AND EXISTS (SELECT FROM runs_app_executor WHERE id = %s AND alive)
    RETURNING s.id, s.run_id, s.token, s.parent_id, s.path, s.step, s.block, s.iteration, s.is_lane, s.shielded, s.cancel, s.token = 1 AS fresh, x.fence, s.cancel_to, x.overridden)
SELECT c.*, f.* FROM claimed c LEFT JOIN LATERAL (SELECT {_FACT_COLUMNS} FROM {_FACT_TABLES} WHERE r.id = c.run_id AND c.fresh AND c.parent_id = 0) f ON true"""
CLAIM = f"""
WITH mine AS MATERIALIZED (SELECT id FROM runs_app_strand WHERE status = 'queued' ORDER BY urgency, id LIMIT %s FOR NO KEY UPDATE SKIP LOCKED),{_CLAIMED}"""
# The same for whoever stands behind some accounts that have their share (shares.py): walks along the line, which costs about 2 us for each of theirs.
CLAIM_BEHIND = f"""
WITH mine AS MATERIALIZED (SELECT s.id FROM runs_app_strand s JOIN runs_app_run o ON o.id = s.run_id WHERE s.status = 'queued' AND o.account_id <> ALL (%s::bigint[])
  ORDER BY s.urgency, s.id LIMIT %s FOR NO KEY UPDATE OF s SKIP LOCKED),{_CLAIMED}"""
CLAIMED_COLUMNS = 15  # of the strand; the facts follow

STEP_COLUMNS = (
    "id, strand_id, parent_id, path, block, iteration, position, step, type, status, attempt, interrupted, resume_as, input::text, output::text, error::text, state::text, pinned::text, "
    "returned, shielded, wake_at, on_wake, wait::text, open_children, items, next_item, policy, verdict, started_at, finished_at, deadline_at"
)

# The open step runs of some strands.
OPEN_STEPS = f"SELECT {STEP_COLUMNS} FROM runs_app_steprun WHERE strand_id = ANY (%s) AND status IN ('running', 'waiting')"

# For each asked (strand, parent, block) its newest child: the cost depends on depth, not on length.
NEWEST = f"""
SELECT {", ".join("c." + name.strip() for name in STEP_COLUMNS.split(","))} FROM unnest(%s::bigint[], %s::bigint[], %s::text[]) a(strand, parent, block)
CROSS JOIN LATERAL (SELECT * FROM runs_app_steprun n WHERE n.strand_id = a.strand AND n.parent_id = a.parent AND n.block = a.block ORDER BY iteration DESC, position DESC LIMIT 1) c"""

# When the steps of a recorded run began, so that a replay sees the same time.
MOMENTS = "SELECT path, started_at FROM runs_app_steprun WHERE run_id = %s"

DOCUMENT = "SELECT document::text FROM playbooks_app_playbookversion WHERE id = %s"

ADVANCE = "SELECT * FROM handrail_advance(%s, %s::jsonb)"


@dataclass(frozen=True, slots=True)
class Usual:
    """One statement for a usual note (usual.py), and the same with the effect ledger's lines."""

    plain: str
    with_ledger: str


def _usual(parts: str, answer: str) -> Usual:
    return Usual(f"{parts}\n{answer}", f"{parts},{_LEDGER}\n{answer}")


_OPENED = """opened AS (INSERT INTO runs_app_steprun (id, run_id, strand_id, parent_id, path, block, iteration, position, step, type, status, attempt, interrupted, input, returned, shielded,
      open_children, items, next_item, started_at)
    SELECT %s, id, %s, %s, %s, %s, %s, %s, %s, %s, 'running', 1, 0, %s::jsonb, false, %s, 0, 0, 0, %s FROM moved)"""
_LEDGER = """
  told AS (UPDATE runs_app_effect e SET outcome = %s, ended_at = %s FROM moved WHERE e.step_run_id = %s AND e.outcome = ''),
  sent AS (INSERT INTO runs_app_effect (run_id, step_run_id, path, attempt, key, method, target, body, outcome, begun_at)
    SELECT m.id, f.* FROM moved m, (VALUES (%s::bigint, %s, %s::int, %s, %s, %s, %s::jsonb, %s, %s::timestamptz)) f(step_run, path, attempt, key, method, target, body, outcome, at)
    WHERE f.step_run IS NOT NULL)"""

# The first step of a run: it begins with it.
ENTER_FIRST = _usual(
    f"""
WITH moved AS (UPDATE runs_app_run SET event_count = event_count + 2, status = 'running', started_at = coalesce(started_at, %s)
    WHERE id = %s AND fence = %s AND status = 'queued' RETURNING id, event_count),
  {_OPENED},
  noted AS (INSERT INTO runs_app_runevent (run_id, number, type, path, attempt, at)
    SELECT m.id, m.event_count - 2 + k, e, p, a, %s FROM moved m, (VALUES (1, 'run_started', '', 0), (2, 'step_started', %s, 1)) v(k, e, p, a))""",
    "SELECT event_count FROM moved",
)

# The usual step of one strand: lock the run, check the fence and take the numbers in one UPDATE of the run's row; then close, open, note.
# All of it hangs on that one row, so that one statement is safe: whoever takes a strand away raises the fence in the same row.
CLOSE_AND_ENTER = _usual(
    f"""
WITH moved AS (UPDATE runs_app_run SET event_count = event_count + 2 WHERE id = %s AND fence = %s RETURNING id, event_count),
  closed AS (UPDATE runs_app_steprun SET status = %s, output = %s::jsonb, error = NULL, finished_at = %s FROM moved WHERE runs_app_steprun.id = %s AND runs_app_steprun.status = 'running' RETURNING 1),
  {_OPENED},
  noted AS (INSERT INTO runs_app_runevent (run_id, number, type, path, attempt, at)
    SELECT m.id, m.event_count - 2 + k, e, p, a, %s FROM moved m, (VALUES (1, %s::text, %s::text, %s::int), (2, 'step_started', %s, 1)) v(k, e, p, a))""",
    "SELECT event_count FROM moved, closed",
)

BLOCK_OF_IDS = "SELECT nextval('runs_app_step_run_block')"

READ_STOPPED = "SELECT code FROM runs_app_run WHERE id = %s"
READ_OVERRIDE = "SELECT what, value::text, by_id, reason FROM runs_app_override WHERE run_id = %s AND path = %s"
READ_VARIABLES = "SELECT name, value::text FROM runs_app_runvariable WHERE run_id = %s"
READ_VARIABLE = "SELECT name, value::text FROM runs_app_runvariable WHERE run_id = %s AND name = ANY (%s)"
READ_STEPS = "SELECT path, status, output::text, error::text FROM runs_app_steprun WHERE run_id = %s AND path = ANY (%s)"
READ_STATE = "SELECT state::text FROM runs_app_steprun WHERE run_id = %s AND path = %s"
READ_ITEM = "SELECT i.value::text FROM runs_app_steprun s JOIN runs_app_loopitem i ON i.step_run_id = s.id AND i.number = %s WHERE s.run_id = %s AND s.path = %s"
# The newest closed step run of a step somewhere inside a loop that does not enclose the reader: walks that loop's step runs.
READ_NEWEST = """
SELECT status, output::text, error::text FROM runs_app_steprun WHERE run_id = %s AND step = %s AND starts_with(path, %s) AND status NOT IN ('running', 'waiting')
ORDER BY finished_at DESC, id DESC LIMIT 1"""
# What a step of the same type has given under the same key, in any run of this playbook that acts on the world; nothing that failed, was taken from
# here itself, or was given by a person after a failure.
READ_CACHED = """
SELECT s.run_id, s.output::text FROM runs_app_steprun s JOIN runs_app_run r ON r.id = s.run_id
WHERE s.state ? 'cache_key' AND s.status = 'succeeded' AND s.state->>'cache_key' = %s AND s.type = %s AND s.verdict IS NULL AND s.error IS NULL AND r.mode = 'live'
  AND r.playbook_id = (SELECT playbook_id FROM runs_app_run WHERE id = %s) AND s.finished_at > %s ORDER BY s.finished_at DESC LIMIT 1"""
# What people have done in a run, the newest thousand.
READ_AUDIT = """
SELECT e.at, e.type, e.path, u.username FROM runs_app_runevent e JOIN playbooks_app_user u ON u.id = e.by
WHERE e.run_id = %s ORDER BY e.number DESC LIMIT 1000"""
# How each passage through each block of a container ended: its last step run.
READ_ENDED = """
SELECT DISTINCT ON (block, iteration) block, iteration, CASE verdict WHEN 'passed' THEN 'succeeded' ELSE status END, output::text, error::text
FROM runs_app_steprun WHERE parent_id = %s ORDER BY block, iteration, position DESC"""

RESOLVE = "SELECT handrail_resolve(%s, %s, %s, %s::jsonb, %s::jsonb, %s)"
RETRY = "SELECT handrail_retry(%s, %s, %s::jsonb, %s)"
SKIP = "SELECT handrail_skip(%s, %s, %s::jsonb, %s, %s)"
CANCEL = "SELECT handrail_cancel(%s, %s, %s, %s)"
TIME_OUT = "SELECT handrail_time_out(%s, %s, %s::jsonb)"
OVERDUE = """
SELECT id, extract(epoch FROM timeout_after)::float FROM runs_app_run
WHERE finished_at IS NULL AND deadline_at <= %s AND people_since IS NULL AND NOT held AND stopping <> 'cancel' ORDER BY deadline_at LIMIT %s"""
TOO_LATE = "SELECT handrail_too_late(%s, %s, %s::jsonb)"
# Steps whose deadline is over: those that wait, and those with steps inside. A step at work has its try cut short by its driver. While a run that a
# step started waits for people, the step's time stands still.
LATE = """
SELECT s.id, s.path, extract(epoch FROM s.deadline_at - s.started_at)::float, extract(epoch FROM %s - s.started_at)::float
FROM runs_app_steprun s JOIN runs_app_run r ON r.id = s.run_id
WHERE s.deadline_at <= %s AND s.status IN ('running', 'waiting') AND NOT r.held AND r.finished_at IS NULL AND r.stopping <> 'cancel'
  AND (s.status = 'waiting' OR EXISTS (SELECT FROM runs_app_steprun c WHERE c.parent_id = s.id)
    AND EXISTS (SELECT FROM runs_app_strand t WHERE t.id = s.strand_id AND t.cancel < 0))
  AND NOT EXISTS (SELECT FROM runs_app_run c WHERE c.parent_step = s.id AND c.finished_at IS NULL AND c.people_since IS NOT NULL)
ORDER BY s.deadline_at LIMIT %s"""
PAUSE = "SELECT handrail_pause(%s, %s, %s, %s)"
RESUME = "SELECT handrail_resume(%s, %s, %s, %s)"
EVENT = "SELECT handrail_event(%s, %s, %s, %s, 0, %s, %s::jsonb)"
TO_RECOUNT = "SELECT id, run_id FROM runs_app_steprun WHERE resume_as = 'recount' ORDER BY run_id LIMIT 100"
SETTLE = "SELECT handrail_settle(%s, %s)"
# Runs that open steps of this run wait for; locking them keeps to the order from above to below.
WAITED_FOR = """
SELECT r.id FROM runs_app_steprun s JOIN runs_app_run r ON r.parent_step = s.id AND r.finished_at IS NULL
WHERE s.run_id = %s AND s.status = 'waiting' AND s.policy IS NULL AND s.wait->>'cause' = 'child' ORDER BY r.id FOR NO KEY UPDATE OF r"""
WAS_PAUSED_WITH = "SELECT 1 FROM runs_app_run WHERE id = %s AND paused_with IS NOT NULL"
ARCHIVE = "SELECT handrail_archive(%s, %s, %s, %s)"
PAUSED_WITH = "UPDATE runs_app_run SET paused_with = %s WHERE id = %s"
HAND_BACK = "SELECT handrail_hand_back(%s, %s, %s, %s)"
DAMAGED = "SELECT handrail_damaged(%s, %s, %s, %s::jsonb)"
HOLD_BROKEN = "SELECT handrail_hold_broken(%s, %s, %s, %s::jsonb)"

# Waits whose time has come. One resolution per transaction would be slow in a crowd, a crowd in one would lock too much: 200 at a time, by run.
DUE = """
SELECT count(handrail_resolve(%s, id, on_wake, CASE on_wake WHEN 'done' THEN '{}'::jsonb END,
  CASE on_wake WHEN 'failed' THEN jsonb_build_object('code', 'Timeout', 'message', 'Nothing happened in time.', 'hint', 'Retry the step, or skip it.', 'address', path) END, NULL))
FROM (SELECT s.id, s.on_wake, s.path FROM runs_app_steprun s WHERE s.status = 'waiting' AND s.wake_at <= %s
  AND NOT (s.wait->>'cause' = 'child' AND EXISTS (SELECT FROM runs_app_run c WHERE c.parent_step = s.id AND c.finished_at IS NULL AND c.people_since IS NOT NULL))
  ORDER BY s.run_id LIMIT %s) due"""

# Leaves that wait for a run that is over, with its end. Locks nothing; whoever is first resolves.
ANY_ENDED_CHILDREN = """
SELECT s.id, r.id, r.status, r.code, r.message, r.outputs::text, r.error::text
FROM runs_app_steprun s JOIN runs_app_run r ON r.id = (s.wait->'note'->>'run')::bigint
WHERE s.status = 'waiting' AND s.wait->>'cause' = 'child' AND s.policy IS NULL AND r.finished_at IS NOT NULL"""
ENDED_CHILDREN = ANY_ENDED_CHILDREN + " AND r.id = ANY (%s)"
# Open runs whose step is closed and did not mean to leave them behind.
LEFT_BEHIND = """
SELECT r.id, s.run_id FROM runs_app_run r JOIN runs_app_steprun s ON s.id = r.parent_step
WHERE r.finished_at IS NULL AND r.stopping <> 'cancel' AND s.status NOT IN ('running', 'waiting') AND s.wait->'note'->'detach' IS DISTINCT FROM 'true'::jsonb
  AND (%s::bigint IS NULL OR s.run_id = %s) ORDER BY r.id LIMIT %s"""

REGISTER = "INSERT INTO runs_app_executor (name, pid, alive) VALUES (%s, %s, true) RETURNING id"
HEARTBEAT = "UPDATE runs_app_executor SET seen_at = now() WHERE id = %s AND alive RETURNING id"
# A worker is dead when its session's lock is gone (at once) or when it is silent for longer than its lease.
DEAD = f"""(seen_at < now() - make_interval(secs => %s)
  OR started_at < now() - interval '200 ms' AND NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND classid = {Advisory.EXECUTOR:d} AND objid = e.id AND granted))"""
BURY = f"UPDATE runs_app_executor e SET alive = false WHERE alive AND {DEAD} RETURNING id"
ADVISORY_LOCK = f"SELECT pg_advisory_lock({Advisory.EXECUTOR:d}, %s)"
ORPHANED_RUNS = "SELECT DISTINCT run_id FROM runs_app_strand WHERE status = 'driven' AND executor_id IN (SELECT id FROM runs_app_executor WHERE NOT alive) ORDER BY 1"
TAKE_AWAY = "SELECT handrail_take_away(%s, %s)"
# Net: a parked strand with nothing to wait for. There should never be one.
STRANDED = """
SELECT s.id FROM runs_app_strand s JOIN runs_app_run r ON r.id = s.run_id WHERE s.status = 'parked' AND NOT s.held AND NOT s.wake_requested AND NOT s.in_line AND NOT r.held AND r.finished_at IS NULL AND r.gate = ''
  AND NOT (s.parent_id = 0 AND EXISTS (SELECT FROM runs_app_strand m WHERE m.run_id = s.run_id AND m.mends AND m.status IN ('queued', 'driven', 'parked')))
  AND NOT EXISTS (SELECT FROM runs_app_steprun t WHERE t.strand_id = s.id AND t.status = 'waiting') LIMIT 50"""
WAKE = "SELECT handrail_wake(%s, %s)"
# Whether there may be something to do for `due`, `bury_the_dead`, `entering.look_after` and `admission.begin_due`: the clock asks this instead of asking
# each of them, since most of the time none finds anything. A true may turn out to be nothing; a false never hides anything.
AT_HAND = f"""
SELECT EXISTS (SELECT FROM runs_app_steprun WHERE status = 'waiting' AND wake_at <= %s),
  EXISTS (SELECT FROM runs_app_executor e WHERE alive AND {DEAD}) OR EXISTS ({ORPHANED_RUNS}),
  EXISTS (SELECT FROM runs_app_freedentry) OR EXISTS (SELECT FROM runs_app_entry WHERE since IS NOT NULL AND NOT told),
  EXISTS (SELECT FROM runs_app_run WHERE gate = 'start' AND start_at <= %s AND finished_at IS NULL)"""

# Plans are made once, and never for a table that was small when it was planned.
PLANS = "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET enable_mergejoin = off; SET enable_hashjoin = off; SET jit = off"
