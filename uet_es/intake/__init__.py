"""Reading what a person wrote: plan files and configuration become an accepted `Plan`."""
