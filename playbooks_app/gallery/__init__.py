"""Ready playbooks to start from: documents with the texts that explain them.

ready/<slug>/playbook.yaml    the document, as any author would write it
ready/<slug>/about.yaml       its texts: problem, how it works, walk-through, sample inputs, what it needs, and what that would
                              answer in the sandbox (see `reading.Entry`)
ready/<slug>/<part>.yaml      another playbook that it runs; published together with it
reading.py                    reads them, once per process
copying.py                    puts a copy into somebody's account

To add one, add a folder; tests/gallery checks that it is right, that its walk-through names its steps and that its samples can be started.

    from playbooks_app.gallery.reading import entries, entry
    entry("payment-failover").document      # as JSON
    entry("payment-failover").samples[0].inputs

Addresses of outside services are `{{ config.services.<name> }}`. The demo starts all of them (config/demo/providers); elsewhere an account's
`config` names its own. Until it does, “Try it in the sandbox” runs it with the answers of its texts, and nothing leaves the house.
"""
