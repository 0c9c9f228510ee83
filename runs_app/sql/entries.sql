-- Entries end with the run or the scope that they belong to, in the same transaction, whoever ends it. They ask for no lock but their own row's, and
-- only note that somebody else may go in: letting in takes other locks, and is done after the commit (runs_app/entry/entering.py).

CREATE OR REPLACE FUNCTION handrail_entry_of_run() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM runs_app_entry WHERE run_id = NEW.id;
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION handrail_entry_of_step() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM runs_app_entry WHERE run_id = NEW.run_id AND step_run = NEW.id;
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION handrail_entry_freed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO runs_app_freedentry (account_id) VALUES (OLD.account_id);
  RETURN NULL;
END $$;

DROP TRIGGER IF EXISTS runs_app_entry_of_run ON runs_app_run;
CREATE TRIGGER runs_app_entry_of_run AFTER UPDATE OF finished_at ON runs_app_run FOR EACH ROW
  WHEN (OLD.finished_at IS NULL AND NEW.finished_at IS NOT NULL) EXECUTE FUNCTION handrail_entry_of_run();

DROP TRIGGER IF EXISTS runs_app_entry_of_step ON runs_app_steprun;
CREATE TRIGGER runs_app_entry_of_step AFTER UPDATE OF finished_at ON runs_app_steprun FOR EACH ROW
  WHEN (NEW.wait IS NOT NULL AND OLD.finished_at IS NULL AND NEW.finished_at IS NOT NULL AND NEW.wait->>'cause' = 'lock') EXECUTE FUNCTION handrail_entry_of_step();

DROP TRIGGER IF EXISTS runs_app_entry_freed ON runs_app_entry;
CREATE TRIGGER runs_app_entry_freed AFTER DELETE ON runs_app_entry FOR EACH ROW EXECUTE FUNCTION handrail_entry_freed();
