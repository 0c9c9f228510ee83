"""Who hears of what happens, and how: browsers, people, mail servers, other systems."""
