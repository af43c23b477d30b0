"""What `rekam doctor` looks at, one file per part of the desk."""
