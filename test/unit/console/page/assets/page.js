"a script"
