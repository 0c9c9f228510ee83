"""Static files under names that carry their content's hash, so that browsers may keep them for ever."""

from __future__ import annotations

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedFiles(CompressedManifestStaticFilesStorage):
    """Also rewrites the imports between our own JavaScript modules: otherwise a page would mix files of two releases."""

    support_js_module_import_aggregation = True
    max_post_process_passes = 24  # one for each link of the longest chain of imports; the builder has eleven
    _js_module_import_aggregation_patterns = ("js/*.js", CompressedManifestStaticFilesStorage._js_module_import_aggregation_patterns[1])
