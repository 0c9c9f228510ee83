-- The transitions of the machine. Each function is called in a transaction of its own or inside the caller's; all but claims lock the run's row first.
-- Within one statement only guard, count down and write: a statement sees the world as it was before it waited for the lock, so whoever must look
-- does so in a later statement. p_now is product time.

-- Functions whose signature is another in an older database
DROP FUNCTION IF EXISTS handrail_advance(timestamptz, jsonb);
DROP FUNCTION IF EXISTS handrail_cancel_strands(timestamptz, bigint, text);
DROP FUNCTION IF EXISTS handrail_archive(timestamptz, bigint, bigint);
DROP FUNCTION IF EXISTS handrail_give_up(timestamptz, bigint, text, jsonb, bigint);

CREATE SEQUENCE IF NOT EXISTS runs_app_step_run_block INCREMENT 1000 START 1000;  -- workers take step run ids a thousand at a time

-- One more event of a run. The caller holds the run's lock.
CREATE OR REPLACE FUNCTION handrail_event(p_now timestamptz, p_run bigint, p_type text, p_path text, p_attempt int, p_by bigint, p_data jsonb) RETURNS int LANGUAGE sql AS $$
  WITH moved AS (UPDATE runs_app_run SET event_count = event_count + 1 WHERE id = p_run RETURNING event_count)
  INSERT INTO runs_app_runevent (run_id, number, type, path, attempt, at, by, data)
  SELECT p_run, event_count, p_type, p_path, p_attempt, p_now, p_by, p_data FROM moved RETURNING number;
$$;

-- News for the pages: the run has events up to its present count.
CREATE OR REPLACE FUNCTION handrail_news(p_run bigint) RETURNS void LANGUAGE sql AS $$
  SELECT pg_notify('handrail_news', id || ':' || event_count) FROM runs_app_run WHERE id = p_run;
$$;

-- A run that is not over takes another status. While it waits for people, or is paused, the time that it may take stands still.
CREATE OR REPLACE FUNCTION handrail_become(p_now timestamptz, p_run bigint, p_status text, p_reason text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE rests boolean := p_status IN ('pending_approval', 'paused'); rested timestamptz;
BEGIN
  SELECT people_since INTO rested FROM runs_app_run WHERE id = p_run;
  UPDATE runs_app_run SET status = p_status, pause_reason = p_reason,
    deadline_at = CASE WHEN rests THEN deadline_at ELSE deadline_at + coalesce(p_now - people_since, interval '0') END,
    people_since = CASE WHEN rests THEN coalesce(people_since, p_now) END WHERE id = p_run;
  IF NOT rests AND rested IS NOT NULL THEN  -- the time that a step gives to a run that it started stood still as well
    UPDATE runs_app_steprun s SET wake_at = s.wake_at + (p_now - rested), deadline_at = s.deadline_at + (p_now - rested)
      FROM runs_app_run r WHERE r.id = p_run AND s.id = r.parent_step AND s.status = 'waiting' AND s.wait->>'cause' = 'child';
  END IF;
END $$;

-- How a run's status follows from its strands (SPEC.md rule 36).
CREATE OR REPLACE FUNCTION handrail_settle(p_now timestamptz, p_run bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE r record; is_driven boolean; is_queued boolean; reason text; next text;
BEGIN
  SELECT status, held, stopping, pause_reason, gate INTO r FROM runs_app_run WHERE id = p_run;
  IF r.status IN ('completed', 'failed', 'cancelled') THEN RETURN; END IF;
  SELECT coalesce(bool_or(status = 'driven'), false), coalesce(bool_or(status = 'queued'), false) INTO is_driven, is_queued
    FROM runs_app_strand WHERE run_id = p_run AND status IN ('queued', 'driven');
  IF is_driven OR (is_queued AND NOT r.held) THEN
    IF r.status <> 'running' AND (is_driven OR r.status <> 'queued') THEN PERFORM handrail_become(p_now, p_run, 'running', ''); END IF;
    RETURN;
  END IF;
  reason := CASE WHEN r.held THEN 'person' WHEN EXISTS (SELECT FROM runs_app_strand WHERE run_id = p_run AND status = 'parked' AND held) THEN 'error' ELSE '' END;
  IF reason <> '' THEN
    IF r.status <> 'paused' THEN PERFORM handrail_event(p_now, p_run, 'run_paused', '', 0, NULL, jsonb_build_object('reason', reason)); END IF;
    PERFORM handrail_become(p_now, p_run, 'paused', reason);
    UPDATE runs_app_run SET stopping = '' WHERE id = p_run AND stopping = 'pause';
    RETURN;
  END IF;
  next := CASE WHEN r.gate <> '' THEN 'queued' WHEN EXISTS (SELECT FROM runs_app_steprun WHERE run_id = p_run AND status = 'waiting' AND wait->>'cause' = 'approval') THEN 'pending_approval' ELSE 'waiting' END;
  IF next <> r.status THEN PERFORM handrail_become(p_now, p_run, next, ''); END IF;
END $$;

-- A strand is woken: parked -> queued; a driven one is told to look again; in a paused run the wish is kept for its resumption.
-- A queued one is touched as well: claims take no run lock, so one could otherwise claim and look before the caller has committed, and park for ever.
CREATE OR REPLACE FUNCTION handrail_wake(p_now timestamptz, p_strand bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE found_run bigint;
BEGIN
  UPDATE runs_app_strand s SET
      wake_requested = (s.status <> 'parked' OR r.held),
      held = CASE WHEN s.status = 'parked' AND NOT r.held THEN false ELSE s.held END,
      status = CASE WHEN s.status = 'parked' AND NOT r.held THEN 'queued' ELSE s.status END
    FROM runs_app_run r WHERE s.id = p_strand AND r.id = s.run_id AND s.status IN ('parked', 'driven', 'queued') RETURNING s.run_id INTO found_run;
  IF found_run IS NOT NULL THEN
    PERFORM handrail_settle(p_now, found_run);
    NOTIFY handrail_work;
  END IF;
END $$;

-- Strands below a path are to stop: they are taken from their drivers (new token) and queued, and unwind by themselves, `finally` included.
-- Their waiting leaves are closed here, under the lock: a driver only ever closes what is running. Protected steps end first: what has more layers of
-- protection around it than whoever cancels (p_depth: of the fork, 0 for the whole run).
CREATE OR REPLACE FUNCTION handrail_cancel_strands(p_now timestamptz, p_run bigint, p_prefix text, p_depth int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE hit bigint[]; taken bigint[]; x record; is_held boolean;
BEGIN
  WITH marked AS (UPDATE runs_app_strand SET cancel = greatest(cancel, p_depth), cancel_to = 0
    WHERE run_id = p_run AND status IN ('queued', 'driven', 'parked') AND (cancel < p_depth OR cancel_to <> 0) AND shielded <= p_depth AND starts_with(path || '/', p_prefix) RETURNING id)
  SELECT coalesce(array_agg(id), '{}') INTO hit FROM marked;
  FOR x IN UPDATE runs_app_steprun SET status = 'cancelled', wake_at = NULL, finished_at = p_now
    WHERE strand_id = ANY (hit) AND status = 'waiting' AND policy IS NULL AND shielded <= p_depth RETURNING path, attempt
  LOOP PERFORM handrail_event(p_now, p_run, 'step_cancelled', x.path, x.attempt, NULL, NULL); END LOOP;
  SELECT coalesce(array_agg(id), '{}') INTO taken FROM unnest(hit) t(id)
    WHERE NOT EXISTS (SELECT FROM runs_app_steprun r WHERE r.strand_id = t.id AND r.status IN ('running', 'waiting') AND r.policy IS NULL AND r.shielded > p_depth);
  SELECT held INTO is_held FROM runs_app_run WHERE id = p_run;
  UPDATE runs_app_strand SET token = token + 1, status = CASE WHEN is_held THEN 'parked' ELSE 'queued' END, wake_requested = is_held, held = false, executor_id = NULL WHERE id = ANY (taken);
  UPDATE runs_app_run SET fence = fence + 1 WHERE id = p_run;
END $$;

-- Several strands' notes in one transaction. p_notes: {strands, opened, changed, forks, items, variables, events}, each a list of objects that name their strand.
-- Every statement below sees what was committed before the locks were granted: that is why this is a function of several statements.
CREATE OR REPLACE FUNCTION handrail_advance(p_now timestamptz, p_notes jsonb)
RETURNS TABLE (answer_strand bigint, answer_state text, answer_cancel int, answer_item int, answer_fence int, answer_cancel_to bigint) LANGUAGE plpgsql AS $$
DECLARE
  held_ids bigint[]; spent bigint[] := '{}'; all_held boolean; asked int; n int; x record; fork record; lanes bigint[]; enders int; hint boolean := false; settle bigint[];
BEGIN
  PERFORM 1 FROM runs_app_run WHERE id IN (SELECT s.run FROM jsonb_to_recordset(p_notes->'strands') s(run bigint)) ORDER BY id FOR NO KEY UPDATE;
  SELECT coalesce(array_agg(s.id), '{}'), count(*) INTO held_ids, n
    FROM jsonb_to_recordset(p_notes->'strands') w(id bigint, token int) JOIN runs_app_strand s ON s.id = w.id AND s.token = w.token AND s.status = 'driven';
  asked := jsonb_array_length(p_notes->'strands');
  all_held := n = asked;

  IF p_notes ? 'uncancels' THEN  -- a step's lateness has been dealt with: its strand unwinds no further, unless the run is cancelled by now
    UPDATE runs_app_strand s SET cancel = -1, cancel_to = 0 FROM jsonb_to_recordset(p_notes->'uncancels') u(strand bigint, step bigint)
      WHERE s.id = u.strand AND s.cancel_to = u.step AND (all_held OR s.id = ANY (held_ids));
  END IF;

  IF p_notes ? 'changed' THEN
    UPDATE runs_app_steprun r SET status = c.status, attempt = c.attempt, interrupted = c.interrupted, resume_as = c.resume_as, input = c.input, output = c.output, error = c.error,
      state = c.state, returned = c.returned, wake_at = c.wake_at, on_wake = c.on_wake, wait = c.wait, open_children = c.open_children, items = c.items, next_item = c.next_item,
      policy = c.policy, verdict = c.verdict, finished_at = c.finished_at, deadline_at = c.deadline_at
    FROM jsonb_to_recordset(p_notes->'changed') c(id bigint, strand bigint, status text, attempt int, interrupted int, resume_as text, input jsonb, output jsonb, error jsonb, state jsonb,
      returned boolean, wake_at timestamptz, on_wake text, wait jsonb, open_children int, items int, next_item int, policy text, verdict text, finished_at timestamptz, deadline_at timestamptz)
    WHERE r.id = c.id AND r.status = 'running' AND (all_held OR c.strand = ANY (held_ids));
    GET DIAGNOSTICS n = ROW_COUNT;
    SELECT count(*) INTO asked FROM jsonb_to_recordset(p_notes->'changed') c(strand bigint) WHERE all_held OR c.strand = ANY (held_ids);
    IF n <> asked THEN RAISE EXCEPTION 'a step in hand was changed by somebody else: % of %', n, asked; END IF;
  END IF;

  IF p_notes ? 'opened' THEN
    INSERT INTO runs_app_steprun (id, run_id, strand_id, parent_id, path, block, iteration, position, step, type, status, attempt, interrupted, resume_as, input, output, error, state, pinned,
      returned, shielded, wake_at, on_wake, wait, open_children, items, next_item, policy, verdict, started_at, finished_at, deadline_at)
    SELECT o.id, o.run, o.strand, o.parent, o.path, o.block, o.iteration, o.position, o.step, o.type, o.status, o.attempt, o.interrupted, o.resume_as, o.input, o.output, o.error, o.state, o.pinned,
      o.returned, o.shielded, o.wake_at, o.on_wake, o.wait, o.open_children, o.items, o.next_item, o.policy, o.verdict, o.started_at, o.finished_at, o.deadline_at
    FROM jsonb_to_recordset(p_notes->'opened') o(id bigint, run bigint, strand bigint, parent bigint, path text, block text, iteration int, position int, step text, type text, status text,
      attempt int, interrupted int, resume_as text, input jsonb, output jsonb, error jsonb, state jsonb, pinned jsonb, returned boolean, shielded int, wake_at timestamptz, on_wake text, wait jsonb,
      open_children int, items int, next_item int, policy text, verdict text, started_at timestamptz, finished_at timestamptz, deadline_at timestamptz)
    WHERE all_held OR o.strand = ANY (held_ids);
  END IF;

  IF p_notes ? 'told' THEN  -- how effects that were under way came out
    UPDATE runs_app_effect e SET outcome = t.outcome, ended_at = p_now FROM jsonb_to_recordset(p_notes->'told') t(strand bigint, step_run bigint, outcome text)
    WHERE e.step_run_id = t.step_run AND e.outcome = '' AND (all_held OR t.strand = ANY (held_ids));
  END IF;

  IF p_notes ? 'effects' THEN  -- what is about to be done outside; an attempt that was written and not begun is written again
    INSERT INTO runs_app_effect (run_id, step_run_id, path, attempt, key, method, target, body, outcome, begun_at)
    SELECT f.run, f.step_run, f.path, f.attempt, f.key, f.method, f.target, f.body, f.outcome, p_now
    FROM jsonb_to_recordset(p_notes->'effects') f(strand bigint, run bigint, step_run bigint, path text, attempt int, key text, method text, target text, body jsonb, outcome text)
    WHERE all_held OR f.strand = ANY (held_ids)
    ON CONFLICT (step_run_id, attempt) DO UPDATE SET method = excluded.method, target = excluded.target, body = excluded.body, outcome = excluded.outcome, begun_at = excluded.begun_at;
  END IF;

  IF p_notes ? 'items' THEN
    INSERT INTO runs_app_loopitem (step_run_id, number, value)
    SELECT i.step_run, v.k - 1, v.value FROM jsonb_to_recordset(p_notes->'items') i(strand bigint, step_run bigint, "values" jsonb), jsonb_array_elements(i."values") WITH ORDINALITY v(value, k)
    WHERE all_held OR i.strand = ANY (held_ids);
  END IF;

  IF p_notes ? 'variables' THEN
    INSERT INTO runs_app_runvariable (run_id, name, value)
    SELECT DISTINCT ON (v.run, v.name) v.run, v.name, v.value
      FROM ROWS FROM (jsonb_to_recordset(p_notes->'variables') AS (strand bigint, run bigint, name text, value jsonb)) WITH ORDINALITY v(strand, run, name, value, k)
      WHERE all_held OR v.strand = ANY (held_ids) ORDER BY v.run, v.name, v.k DESC
    ON CONFLICT (run_id, name) DO UPDATE SET value = excluded.value;
  END IF;

  IF p_notes ? 'forks' THEN
    INSERT INTO runs_app_strand (run_id, parent_id, path, step, block, iteration, is_lane, shielded, status, wake_requested, held, held_step, token, cancel, cancel_to, mends, in_line, urgency)
    SELECT f.run, f.parent, f.path, f.step, f.block, f.iteration, f.is_lane, f.shielded, CASE WHEN r.held THEN 'parked' ELSE 'queued' END, r.held, false, 0, 0, -1, 0, false, false, -r.priority
    FROM ROWS FROM (jsonb_to_recordset(p_notes->'forks') AS (strand bigint, run bigint, parent bigint, path text, step text, block text, iteration int, is_lane boolean, shielded int))
      WITH ORDINALITY f(strand, run, parent, path, step, block, iteration, is_lane, shielded, k)
    JOIN runs_app_run r ON r.id = f.run WHERE all_held OR f.strand = ANY (held_ids) ORDER BY f.k;
    hint := true;
  END IF;

  IF p_notes ? 'takes' THEN  -- lanes of one loop take the next numbers from its row
    FOR x IN SELECT t.fork, array_agg(t.strand ORDER BY t.strand) AS lanes FROM jsonb_to_recordset(p_notes->'takes') t(strand bigint, fork bigint)
        WHERE all_held OR t.strand = ANY (held_ids) GROUP BY 1 LOOP
      SELECT next_item, items INTO fork FROM runs_app_steprun WHERE id = x.fork;
      UPDATE runs_app_steprun SET next_item = least(items, next_item + cardinality(x.lanes)) WHERE id = x.fork;
      RETURN QUERY UPDATE runs_app_strand s SET iteration = fork.next_item + l.k::int - 1 FROM unnest(x.lanes) WITH ORDINALITY l(id, k)
        WHERE s.id = l.id AND fork.next_item + l.k - 1 < fork.items RETURNING s.id, 'item', -1, s.iteration, 0, 0::bigint;
      spent := spent || ARRAY(SELECT l.id FROM unnest(x.lanes) WITH ORDINALITY l(id, k) WHERE fork.next_item + l.k - 1 >= fork.items);
    END LOOP;
  END IF;

  IF p_notes ? 'events' AND cardinality(held_ids) > 0 THEN  -- before ends and joins: what they cause comes after what led to them
    WITH fresh AS (SELECT e.run, e.type, e.path, e.attempt, e.data, row_number() OVER (PARTITION BY e.run ORDER BY e.k) AS k
        FROM ROWS FROM (jsonb_to_recordset(p_notes->'events') AS (strand bigint, run bigint, type text, path text, attempt int, data jsonb)) WITH ORDINALITY e(strand, run, type, path, attempt, data, k)
        WHERE all_held OR e.strand = ANY (held_ids)),
      last AS (SELECT f.run, count(*)::int AS n, (SELECT status = 'queued' FROM runs_app_run WHERE id = f.run) AS is_first FROM fresh f GROUP BY 1),
      moved AS (UPDATE runs_app_run r SET event_count = r.event_count + last.n + last.is_first::int, started_at = coalesce(r.started_at, p_now),
          status = CASE r.status WHEN 'queued' THEN 'running' ELSE r.status END
        FROM last WHERE r.id = last.run RETURNING r.id, r.event_count - last.n AS base, last.is_first),
      begun AS (INSERT INTO runs_app_runevent (run_id, number, type, path, attempt, at) SELECT id, base, 'run_started', '', 0, p_now FROM moved WHERE is_first)
    INSERT INTO runs_app_runevent (run_id, number, type, path, attempt, at, by, data)
      SELECT m.id, m.base + f.k, f.type, f.path, f.attempt, p_now, (f.data->>'by')::bigint, f.data - 'by' FROM fresh f JOIN moved m ON m.id = f.run;
  END IF;

  FOR x IN UPDATE runs_app_strand SET status = 'finished', executor_id = NULL WHERE id = ANY (spent) RETURNING id, run_id, parent_id LOOP  -- no further item: the lane is over
    PERFORM handrail_join(p_now, x.run_id, x.parent_id, 'finished', NULL); hint := true;
    RETURN QUERY SELECT x.id, 'over', -1, NULL::int, 0, 0::bigint;
  END LOOP;

  IF p_notes ? 'parks' THEN
    UPDATE runs_app_strand s SET status = CASE WHEN s.wake_requested AND NOT r.held THEN 'queued' ELSE 'parked' END, held = (p.held AND NOT s.wake_requested), held_step = p.step,
        wake_requested = (s.wake_requested AND r.held), executor_id = NULL
      FROM jsonb_to_recordset(p_notes->'parks') p(strand bigint, held boolean, step bigint), runs_app_run r WHERE s.id = p.strand AND r.id = s.run_id AND (all_held OR s.id = ANY (held_ids));
    hint := hint OR EXISTS (SELECT FROM runs_app_strand s JOIN jsonb_to_recordset(p_notes->'parks') p(strand bigint) ON p.strand = s.id WHERE s.status = 'queued');
  END IF;

  IF p_notes ? 'ends' THEN
    UPDATE runs_app_strand s SET status = CASE e."end" WHEN 'returned' THEN 'finished' ELSE e."end" END, held = false, executor_id = NULL
      FROM jsonb_to_recordset(p_notes->'ends') e(strand bigint, "end" text) WHERE s.id = e.strand AND (all_held OR s.id = ANY (held_ids));
    FOR x IN SELECT e.strand, e."end", e.output, s.parent_id, s.run_id, s.mends FROM ROWS FROM (jsonb_to_recordset(p_notes->'ends') AS (strand bigint, "end" text, output jsonb)) WITH ORDINALITY e(strand, "end", output, k)
        JOIN runs_app_strand s ON s.id = e.strand WHERE all_held OR e.strand = ANY (held_ids) ORDER BY e.k LOOP
      IF x.mends THEN PERFORM handrail_mended(p_now, x.run_id, x.parent_id); hint := true;
      ELSIF x.parent_id <> 0 THEN PERFORM handrail_join(p_now, x.run_id, x.parent_id, x."end", x.output); hint := true;
      ELSIF EXISTS (SELECT FROM runs_app_strand WHERE run_id = x.run_id AND mends AND status IN ('queued', 'driven', 'parked')) THEN
        UPDATE runs_app_strand SET status = 'parked' WHERE id = x.strand;  -- nothing of a run goes on after its end: it ends again when they have
      ELSE PERFORM handrail_end_run(p_now, x.run_id, x."end", x.output); END IF;
    END LOOP;
  END IF;

  -- A run that is paused: strands in hand go back; what was written but not yet acted does not count as interrupted.
  FOR x IN SELECT s.id FROM runs_app_strand s JOIN runs_app_run r ON r.id = s.run_id WHERE s.id = ANY (held_ids) AND s.status = 'driven' AND r.held LOOP
    UPDATE runs_app_strand SET status = 'parked', wake_requested = true, token = token + 1, executor_id = NULL WHERE id = x.id;
    UPDATE runs_app_steprun SET resume_as = 'fresh' WHERE strand_id = x.id AND status = 'running' AND resume_as IS NULL AND policy IS NULL;
    RETURN QUERY SELECT x.id, 'handed_back', -1, NULL::int, 0, 0::bigint;
  END LOOP;

  settle := ARRAY(SELECT DISTINCT s.run_id FROM runs_app_strand s JOIN runs_app_run r ON r.id = s.run_id WHERE s.id = ANY (held_ids) AND s.status <> 'driven' AND r.finished_at IS NULL ORDER BY 1);
  IF cardinality(settle) > 0 THEN
    FOR x IN SELECT unnest(settle) AS id LOOP PERFORM handrail_settle(p_now, x.id); END LOOP;
  END IF;
  IF hint THEN NOTIFY handrail_work; END IF;
  IF NOT all_held THEN RETURN QUERY SELECT w.id, 'stale', -1, NULL::int, 0, 0::bigint FROM jsonb_to_recordset(p_notes->'strands') w(id bigint) WHERE NOT w.id = ANY (held_ids); END IF;
  RETURN QUERY SELECT s.id, 'ok', s.cancel, NULL::int, r.fence, s.cancel_to FROM runs_app_strand s JOIN runs_app_run r ON r.id = s.run_id WHERE s.id = ANY (held_ids) AND s.status = 'driven';
END $$;

-- A strand of a fork has ended: count down in the fork's row. The last to end hands the row back to the strand that forked; a decisive end cancels the others.
CREATE OR REPLACE FUNCTION handrail_join(p_now timestamptz, p_run bigint, p_fork bigint, p_end text, p_output jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE old record; new text;
BEGIN
  SELECT policy, verdict, open_children, path, strand_id, shielded INTO old FROM runs_app_steprun WHERE id = p_fork;
  new := CASE
    WHEN old.verdict IN ('returned', 'won') THEN old.verdict
    WHEN p_end = 'returned' THEN 'returned'
    WHEN p_end = 'finished' AND old.policy IN ('first_success', 'first_done') THEN 'won'
    WHEN p_end = 'failed' OR old.verdict = 'failed' THEN 'failed'
    WHEN p_end = 'cancelled' THEN 'cancelled'
    ELSE old.verdict END;
  UPDATE runs_app_steprun SET open_children = open_children - 1, verdict = new,
      next_item = CASE WHEN p_end IN ('failed', 'returned') THEN items ELSE next_item END,
      output = CASE WHEN new IS DISTINCT FROM old.verdict AND new IN ('returned', 'won') THEN p_output ELSE output END,
      error = CASE WHEN new IS DISTINCT FROM old.verdict AND new = 'failed' THEN p_output ELSE error END,
      status = CASE WHEN open_children = 1 THEN 'running' ELSE status END,
      resume_as = CASE WHEN open_children = 1 THEN 'joined' ELSE resume_as END
    WHERE id = p_fork;
  IF old.open_children = 1 THEN PERFORM handrail_wake(p_now, old.strand_id);
  ELSIF new IS DISTINCT FROM old.verdict AND (new IN ('returned', 'won') OR (new = 'failed' AND old.policy = 'first_done')) THEN PERFORM handrail_cancel_strands(p_now, p_run, old.path || '/', old.shielded);
  END IF;
END $$;

-- One item that was set aside has been gone through again: the next in line begins; after the last a loop that is over is counted anew (mending.py).
CREATE OR REPLACE FUNCTION handrail_mended(p_now timestamptz, p_run bigint, p_loop bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE next bigint;
BEGIN
  UPDATE runs_app_strand SET in_line = false WHERE id = (SELECT id FROM runs_app_strand WHERE parent_id = p_loop AND mends AND in_line ORDER BY iteration LIMIT 1) RETURNING id INTO next;
  IF next IS NOT NULL THEN PERFORM handrail_wake(p_now, next); END IF;
  UPDATE runs_app_steprun SET resume_as = 'recount' WHERE id = p_loop AND status NOT IN ('running', 'waiting');
  IF NOT EXISTS (SELECT FROM runs_app_strand WHERE run_id = p_run AND mends AND status IN ('queued', 'driven', 'parked')) THEN
    PERFORM handrail_wake(p_now, id) FROM runs_app_strand WHERE run_id = p_run AND parent_id = 0 AND status = 'parked' AND NOT held;
  END IF;
END $$;

-- The main line has ended, and so the run. One that was stopped because its time was up has failed.
CREATE OR REPLACE FUNCTION handrail_end_run(p_now timestamptz, p_run bigint, p_end text, p_output jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE final text := CASE p_end WHEN 'finished' THEN 'completed' WHEN 'returned' THEN 'completed' ELSE p_end END; x record;
BEGIN
  SELECT code, error INTO x FROM runs_app_run WHERE id = p_run;
  IF p_end = 'cancelled' AND x.code = 'Timeout' THEN final := 'failed'; p_output := x.error; END IF;
  UPDATE runs_app_run SET status = final, finished_at = p_now, stopping = '', held = false, pause_reason = '',
    started_at = coalesce(started_at, p_now),
    outputs = CASE final WHEN 'completed' THEN p_output->'outputs' END,
    error = CASE final WHEN 'failed' THEN p_output END,
    code = CASE final WHEN 'cancelled' THEN 'Cancelled' ELSE coalesce(p_output->>'code', '') END,
    message = coalesce(p_output->>'message', '') WHERE id = p_run;
  PERFORM handrail_event(p_now, p_run, 'run_' || final, '', 0, NULL, NULL);
  PERFORM pg_notify('handrail_over', p_run::text);
END $$;

-- The only way a wait ends: done, failed or again. False: somebody else was first. Of a guarded wait the driver reads the end, and closes the step.
CREATE OR REPLACE FUNCTION handrail_resolve(p_now timestamptz, p_step bigint, p_outcome text, p_output jsonb, p_error jsonb, p_by bigint) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE r record; goes_on boolean;
BEGIN
  PERFORM 1 FROM runs_app_run WHERE id = (SELECT run_id FROM runs_app_steprun WHERE id = p_step) FOR NO KEY UPDATE;
  SELECT p_outcome = 'again' OR coalesce(wait ? 'guarded', false) INTO goes_on FROM runs_app_steprun WHERE id = p_step;
  UPDATE runs_app_steprun SET status = CASE WHEN goes_on THEN 'running' WHEN p_outcome = 'done' THEN 'succeeded' ELSE 'failed' END,
      resume_as = CASE WHEN p_outcome = 'again' THEN 'again' WHEN goes_on THEN 'ended' END,
      wake_at = NULL, on_wake = NULL, output = CASE p_outcome WHEN 'done' THEN p_output END, error = CASE p_outcome WHEN 'done' THEN NULL WHEN 'again' THEN error ELSE p_error END,
      finished_at = CASE WHEN goes_on THEN NULL ELSE p_now END
    WHERE id = p_step AND status = 'waiting' AND policy IS NULL RETURNING run_id, strand_id, path, attempt, status INTO r;
  IF NOT FOUND THEN RETURN false; END IF;
  IF NOT goes_on THEN PERFORM handrail_event(p_now, r.run_id, 'step_' || r.status, r.path, r.attempt, p_by, CASE p_outcome WHEN 'failed' THEN jsonb_build_object('error', p_error) END); END IF;
  PERFORM handrail_wake(p_now, r.strand_id);
  PERFORM handrail_news(r.run_id);
  RETURN true;
END $$;

-- A failed step that holds its strand begins again, with the person's input if there is one.
CREATE OR REPLACE FUNCTION handrail_retry(p_now timestamptz, p_step bigint, p_pinned jsonb, p_by bigint) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE r record;
BEGIN
  PERFORM 1 FROM runs_app_run WHERE id = (SELECT run_id FROM runs_app_steprun WHERE id = p_step) FOR NO KEY UPDATE;
  UPDATE runs_app_steprun x SET status = 'running', resume_as = 'again', deadline_at = x.deadline_at + (p_now - x.finished_at), finished_at = NULL, interrupted = 0, pinned = p_pinned, input = CASE WHEN p_pinned IS NULL THEN NULL ELSE x.input END
    FROM runs_app_strand s WHERE x.id = p_step AND x.status = 'failed' AND s.id = x.strand_id AND s.status = 'parked' AND s.held AND s.held_step = x.id RETURNING x.run_id, x.strand_id, x.path, x.attempt INTO r;
  IF NOT FOUND THEN RETURN false; END IF;
  PERFORM handrail_event(p_now, r.run_id, 'step_retried', r.path, r.attempt, p_by, p_pinned);
  PERFORM handrail_wake(p_now, r.strand_id);
  PERFORM handrail_news(r.run_id);
  RETURN true;
END $$;

-- A failed or waiting step is passed over; with an output it counts as done with that.
CREATE OR REPLACE FUNCTION handrail_skip(p_now timestamptz, p_step bigint, p_output jsonb, p_reason text, p_by bigint) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE r record;
BEGIN
  PERFORM 1 FROM runs_app_run WHERE id = (SELECT run_id FROM runs_app_steprun WHERE id = p_step) FOR NO KEY UPDATE;
  UPDATE runs_app_steprun x SET status = CASE WHEN p_output IS NULL THEN 'skipped' ELSE 'succeeded' END, output = p_output, finished_at = p_now, wake_at = NULL, resume_as = NULL
    FROM runs_app_strand s WHERE x.id = p_step AND s.id = x.strand_id
      AND ((x.status = 'failed' AND s.status = 'parked' AND s.held AND s.held_step = x.id) OR (x.status = 'waiting' AND x.policy IS NULL)) RETURNING x.run_id, x.strand_id, x.path, x.attempt INTO r;
  IF NOT FOUND THEN RETURN false; END IF;
  PERFORM handrail_event(p_now, r.run_id, CASE WHEN p_output IS NULL THEN 'step_skipped' ELSE 'step_overridden' END, r.path, r.attempt, p_by, jsonb_build_object('reason', p_reason));
  PERFORM handrail_wake(p_now, r.strand_id);
  PERFORM handrail_news(r.run_id);
  RETURN true;
END $$;

CREATE OR REPLACE FUNCTION handrail_cancel(p_now timestamptz, p_run bigint, p_reason text, p_by bigint) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM runs_app_run WHERE id = p_run FOR NO KEY UPDATE;
  UPDATE runs_app_run SET stopping = 'cancel', held = false WHERE id = p_run AND status NOT IN ('completed', 'failed', 'cancelled') AND stopping <> 'cancel';
  IF NOT FOUND THEN RETURN false; END IF;
  PERFORM handrail_event(p_now, p_run, 'run_cancelling', '', 0, p_by, jsonb_build_object('reason', p_reason));
  UPDATE runs_app_strand s SET status = 'cancelled', cancel = 0 FROM runs_app_run r WHERE r.id = p_run AND r.gate <> '' AND s.run_id = r.id AND s.status = 'parked';
  IF FOUND THEN  -- it was never let in: nothing has begun, so nothing is to be unwound
    PERFORM handrail_end_run(p_now, p_run, 'cancelled', NULL);
    PERFORM handrail_news(p_run);
    RETURN true;
  END IF;
  PERFORM handrail_cancel_strands(p_now, p_run, '', 0);
  UPDATE runs_app_strand SET status = 'queued', wake_requested = false WHERE run_id = p_run AND status = 'parked' AND wake_requested;
  PERFORM handrail_settle(p_now, p_run);
  PERFORM handrail_news(p_run);
  NOTIFY handrail_work;
  RETURN true;
END $$;

-- The deadline of a step is over. What waits ends as failed; branches, and what is inside of a container, unwind first, what is protected in there ends.
CREATE OR REPLACE FUNCTION handrail_too_late(p_now timestamptz, p_step bigint, p_error jsonb) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE r record; x record; is_held boolean; taken boolean;
BEGIN
  PERFORM 1 FROM runs_app_run WHERE id = (SELECT run_id FROM runs_app_steprun WHERE id = p_step) FOR NO KEY UPDATE;
  UPDATE runs_app_steprun w SET deadline_at = NULL WHERE id = p_step AND deadline_at <= p_now  -- a strand that unwinds already is left to: the clock asks again
      AND (status = 'waiting' OR status = 'running' AND EXISTS (SELECT FROM runs_app_strand s WHERE s.id = w.strand_id AND s.cancel < 0))
    RETURNING run_id, strand_id, path, attempt, status, policy, shielded INTO r;
  IF NOT FOUND THEN RETURN false; END IF;
  PERFORM handrail_event(p_now, r.run_id, 'deadline_exceeded', r.path, r.attempt, NULL, jsonb_build_object('error', p_error));
  IF r.status = 'waiting' AND r.policy IS NULL THEN
    UPDATE runs_app_steprun SET status = 'running', resume_as = 'ended', error = p_error, output = NULL, wake_at = NULL, on_wake = NULL WHERE id = p_step;
    PERFORM handrail_wake(p_now, r.strand_id);
  ELSE
    PERFORM handrail_cancel_strands(p_now, r.run_id, r.path || '/', r.shielded);
    IF r.status = 'waiting' THEN UPDATE runs_app_steprun SET verdict = 'failed', error = p_error, next_item = items WHERE id = p_step;
    ELSE
      UPDATE runs_app_strand SET cancel = r.shielded, cancel_to = p_step WHERE id = r.strand_id;
      FOR x IN UPDATE runs_app_steprun SET status = 'cancelled', wake_at = NULL, finished_at = p_now WHERE strand_id = r.strand_id AND status = 'waiting'
        AND policy IS NULL AND shielded <= r.shielded AND starts_with(path, r.path || '/') RETURNING path, attempt
      LOOP PERFORM handrail_event(p_now, r.run_id, 'step_cancelled', x.path, x.attempt, NULL, NULL); END LOOP;
      SELECT held INTO is_held FROM runs_app_run WHERE id = r.run_id;
      taken := NOT EXISTS (SELECT FROM runs_app_steprun WHERE strand_id = r.strand_id AND status IN ('running', 'waiting') AND policy IS NULL AND shielded > r.shielded);
      UPDATE runs_app_strand SET token = token + 1, status = CASE WHEN is_held THEN 'parked' ELSE 'queued' END, wake_requested = is_held, held = false, executor_id = NULL
        WHERE id = r.strand_id AND taken;
      UPDATE runs_app_run SET fence = fence + 1 WHERE id = r.run_id;
    END IF;
    PERFORM handrail_settle(p_now, r.run_id);
    NOTIFY handrail_work;
  END IF;
  PERFORM handrail_news(r.run_id);
  RETURN true;
END $$;

-- The time of a run is up: it unwinds as if it were cancelled, and will have failed.
CREATE OR REPLACE FUNCTION handrail_time_out(p_now timestamptz, p_run bigint, p_error jsonb) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM runs_app_run WHERE id = p_run FOR NO KEY UPDATE;
  UPDATE runs_app_run SET stopping = 'cancel', code = 'Timeout', error = p_error
    WHERE id = p_run AND finished_at IS NULL AND deadline_at <= p_now AND people_since IS NULL AND NOT held AND stopping <> 'cancel';
  IF NOT FOUND THEN RETURN false; END IF;
  PERFORM handrail_event(p_now, p_run, 'run_timed_out', '', 0, NULL, jsonb_build_object('error', p_error));
  PERFORM handrail_cancel_strands(p_now, p_run, '', 0);
  PERFORM handrail_settle(p_now, p_run);
  PERFORM handrail_news(p_run);
  NOTIFY handrail_work;
  RETURN true;
END $$;

CREATE OR REPLACE FUNCTION handrail_pause(p_now timestamptz, p_run bigint, p_reason text, p_by bigint) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM runs_app_run WHERE id = p_run FOR NO KEY UPDATE;
  UPDATE runs_app_run SET held = true, stopping = 'pause', fence = fence + 1 WHERE id = p_run AND status NOT IN ('completed', 'failed', 'cancelled') AND NOT held AND stopping = '';
  IF NOT FOUND THEN RETURN false; END IF;
  UPDATE runs_app_strand SET status = 'parked', wake_requested = true WHERE run_id = p_run AND status = 'queued';
  PERFORM handrail_event(p_now, p_run, 'run_pausing', '', 0, p_by, jsonb_build_object('reason', p_reason));
  PERFORM handrail_settle(p_now, p_run);
  PERFORM handrail_news(p_run);
  RETURN true;
END $$;

CREATE OR REPLACE FUNCTION handrail_resume(p_now timestamptz, p_run bigint, p_reason text, p_by bigint) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM runs_app_run WHERE id = p_run FOR NO KEY UPDATE;
  UPDATE runs_app_run SET held = false, stopping = '', pause_reason = '' WHERE id = p_run AND held;
  IF NOT FOUND THEN RETURN false; END IF;
  UPDATE runs_app_strand SET status = 'queued', wake_requested = false, held = false WHERE run_id = p_run AND status = 'parked' AND wake_requested;
  PERFORM handrail_event(p_now, p_run, 'run_resumed', '', 0, p_by, jsonb_build_object('reason', p_reason));
  PERFORM handrail_settle(p_now, p_run);
  PERFORM handrail_news(p_run);
  NOTIFY handrail_work;
  RETURN true;
END $$;

-- The strands of dead executors go back to the queue. One run at a time, so that a crowd of runs is not locked together.
CREATE OR REPLACE FUNCTION handrail_take_away(p_now timestamptz, p_run bigint) RETURNS int LANGUAGE plpgsql AS $$
DECLARE n int; is_held boolean;
BEGIN
  PERFORM 1 FROM runs_app_run WHERE id = p_run FOR NO KEY UPDATE;
  UPDATE runs_app_run SET fence = fence + 1 WHERE id = p_run RETURNING held INTO is_held;
  UPDATE runs_app_strand SET status = CASE WHEN is_held THEN 'parked' ELSE 'queued' END, wake_requested = is_held, token = token + 1, executor_id = NULL
    WHERE run_id = p_run AND status = 'driven' AND executor_id IN (SELECT id FROM runs_app_executor WHERE NOT alive);
  GET DIAGNOSTICS n = ROW_COUNT;
  IF n > 0 THEN PERFORM handrail_settle(p_now, p_run); END IF;
  NOTIFY handrail_work;
  RETURN n;
END $$;

-- What a strand noted cannot be written (a fault of ours): the step in hand is held for a person, and nothing else suffers.
CREATE OR REPLACE FUNCTION handrail_hold_broken(p_now timestamptz, p_strand bigint, p_token int, p_error jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE r record; s record;
BEGIN
  PERFORM 1 FROM runs_app_run WHERE id = (SELECT run_id FROM runs_app_strand WHERE id = p_strand) FOR NO KEY UPDATE;
  UPDATE runs_app_strand SET status = 'parked', held = true, executor_id = NULL, token = token + 1 WHERE id = p_strand AND token = p_token AND status = 'driven' RETURNING run_id INTO s;
  IF NOT FOUND THEN RETURN; END IF;
  UPDATE runs_app_run SET fence = fence + 1, error = p_error WHERE id = s.run_id;
  UPDATE runs_app_steprun SET status = 'failed', error = p_error, finished_at = p_now WHERE id = (SELECT id FROM runs_app_steprun
    WHERE strand_id = p_strand AND status = 'running' AND policy IS NULL ORDER BY length(path) DESC LIMIT 1) RETURNING id, path, attempt INTO r;
  UPDATE runs_app_effect SET outcome = 'unknown', ended_at = p_now WHERE step_run_id = r.id AND outcome = '';
  UPDATE runs_app_strand SET held_step = coalesce(r.id, 0) WHERE id = p_strand;
  PERFORM handrail_event(p_now, s.run_id, 'step_held', coalesce(r.path, ''), coalesce(r.attempt, 0), NULL, jsonb_build_object('error', p_error));
  PERFORM handrail_settle(p_now, s.run_id);
  PERFORM handrail_news(s.run_id);
END $$;

-- A polite stop: a strand in hand goes back to the queue. p_fresh: its driver has written that a step begins, and has not begun it.
CREATE OR REPLACE FUNCTION handrail_hand_back(p_now timestamptz, p_strand bigint, p_token int, p_fresh boolean) RETURNS void LANGUAGE plpgsql AS $$
DECLARE r record;
BEGIN
  PERFORM 1 FROM runs_app_run WHERE id = (SELECT run_id FROM runs_app_strand WHERE id = p_strand) FOR NO KEY UPDATE;
  UPDATE runs_app_strand s SET status = CASE WHEN x.held THEN 'parked' ELSE 'queued' END, wake_requested = x.held, token = token + 1, executor_id = NULL
    FROM runs_app_run x WHERE s.id = p_strand AND s.token = p_token AND s.status = 'driven' AND x.id = s.run_id RETURNING s.run_id INTO r;
  IF NOT FOUND THEN RETURN; END IF;
  UPDATE runs_app_run SET fence = fence + 1 WHERE id = r.run_id;
  IF p_fresh THEN UPDATE runs_app_steprun SET resume_as = 'fresh' WHERE strand_id = p_strand AND status = 'running' AND resume_as IS NULL AND policy IS NULL; END IF;
  PERFORM handrail_settle(p_now, r.run_id);
  NOTIFY handrail_work;
END $$;

-- A run ends as failed where it stands, without unwinding: a person gave it up, or what is stored of it cannot be read. Nothing of it can go on: its
-- strands are ended and its waits closed.
CREATE OR REPLACE FUNCTION handrail_give_up(p_now timestamptz, p_run bigint, p_event text, p_error jsonb, p_by bigint, p_reason text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE x record;
BEGIN
  UPDATE runs_app_strand SET status = 'cancelled', held = false, wake_requested = false, in_line = false, token = token + 1, executor_id = NULL
    WHERE run_id = p_run AND status IN ('queued', 'driven', 'parked');
  FOR x IN UPDATE runs_app_steprun SET status = 'cancelled', wake_at = NULL, resume_as = NULL, finished_at = p_now
    WHERE run_id = p_run AND status IN ('running', 'waiting') RETURNING path, attempt
  LOOP PERFORM handrail_event(p_now, p_run, 'step_cancelled', x.path, x.attempt, p_by, NULL); END LOOP;
  UPDATE runs_app_run SET status = 'failed', finished_at = p_now, started_at = coalesce(started_at, p_now), stopping = '', held = false, pause_reason = '', fence = fence + 1,
    code = p_error->>'code', message = p_error->>'message', error = p_error WHERE id = p_run;
  PERFORM handrail_event(p_now, p_run, p_event, '', 0, p_by, CASE WHEN p_reason <> '' THEN jsonb_build_object('reason', p_reason) END);
  PERFORM handrail_event(p_now, p_run, 'run_failed', '', 0, p_by, NULL);
  PERFORM pg_notify('handrail_over', p_run::text);
  PERFORM handrail_news(p_run);
END $$;

-- What is stored of a strand cannot be read. Its run ends with guidance, no other suffers. False: the strand is somebody else's by now.
CREATE OR REPLACE FUNCTION handrail_damaged(p_now timestamptz, p_strand bigint, p_token int, p_error jsonb) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE found_run bigint;
BEGIN
  PERFORM 1 FROM runs_app_run WHERE id = (SELECT run_id FROM runs_app_strand WHERE id = p_strand) FOR NO KEY UPDATE;
  SELECT run_id INTO found_run FROM runs_app_strand WHERE id = p_strand AND token = p_token AND status = 'driven';
  IF NOT FOUND THEN RETURN false; END IF;
  PERFORM handrail_give_up(p_now, found_run, 'run_damaged', p_error, NULL, '');
  RETURN true;
END $$;

-- Put away. A run that is over stays as it ended; one that is paused is given up.
CREATE OR REPLACE FUNCTION handrail_archive(p_now timestamptz, p_run bigint, p_by bigint, p_reason text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE r record;
BEGIN
  SELECT status, archived_at INTO r FROM runs_app_run WHERE id = p_run FOR NO KEY UPDATE;
  IF r.archived_at IS NOT NULL OR r.status NOT IN ('completed', 'failed', 'cancelled', 'paused') THEN RETURN false; END IF;
  IF r.status = 'paused' THEN
    PERFORM handrail_give_up(p_now, p_run, 'run_abandoned',
      jsonb_build_object('code', 'Abandoned', 'message', 'A person gave this run up while it was paused' || CASE WHEN p_reason <> '' THEN ': ' || p_reason ELSE '.' END,
        'hint', 'Start a run anew.', 'address', ''), p_by, p_reason);
  END IF;
  UPDATE runs_app_run SET archived_at = p_now WHERE id = p_run;
  PERFORM handrail_event(p_now, p_run, 'run_archived', '', 0, p_by, NULL);
  PERFORM handrail_news(p_run);
  RETURN true;
END $$;
