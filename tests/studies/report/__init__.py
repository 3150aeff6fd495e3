"""Reports, and the browser they are looked at in."""
