# Short forms of the commands in README.md: make demo ARGS="--port 9000"
demo test bench soak:
	@python3 run.py $@ $(ARGS)

lock:
	@uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-emit-index-url --no-emit-find-links --no-header --group dev pyproject.toml --output-file requirements.lock

.PHONY: demo test bench soak lock
