images_up() { :; }
images_status() { :; }
